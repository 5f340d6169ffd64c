"""A browser and a server for each module."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.browser.chromium import PROGRAM, Browser, chromium
from tests.core.server.conftest import origin

__all__ = ["origin"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skips the tests of this folder where there is no browser."""
    if PROGRAM is None:
        reason = "Chromium is not installed. On Debian: apt-get install chromium"
        for item in items:
            if Path(__file__).parent in item.path.parents:
                item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(scope="module")
async def browser_of_module(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Browser]:
    async with chromium(tmp_path_factory.mktemp("chromium")) as running:
        yield running


@pytest.fixture
async def browser(browser_of_module: Browser) -> AsyncIterator[Browser]:
    """The browser of the module. Its tabs are closed after the test: they would go on with what they do."""
    yield browser_of_module
    await browser_of_module.close_tabs()
