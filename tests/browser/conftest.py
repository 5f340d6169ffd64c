"""A browser, a server and a worker for each module."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.browser.chromium import PROGRAM, Browser, chromium
from tests.core.server.conftest import origin
from tests.core.server.served import Served, served
from tests.paths import ROOT

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


@pytest.fixture(scope="module")
def variables() -> dict[str, str]:
    """Further settings of `server` and `worker`."""
    return {}


@pytest.fixture(scope="module")
async def server(
    django_db_setup: None, variables: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Served]:
    """A development server."""
    with served(tmp_path_factory.mktemp("server"), 1, DEBUG="true", **variables) as server:
        await server.becomes_ready(1)
        yield server


@pytest.fixture(scope="module")
def worker(django_db_setup: None, variables: dict[str, str]) -> Iterator[None]:
    """A worker, for the tests of `world`."""
    with subprocess.Popen(
        [sys.executable, "manage.py", "work"],
        cwd=ROOT,
        env={**os.environ, **variables},
        stdout=subprocess.DEVNULL,
    ) as process:
        yield
        process.terminate()
