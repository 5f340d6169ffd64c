"""A server for each module."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.core.server.served import served


@pytest.fixture(scope="module")
async def origin(
    django_db_setup: None, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[str]:
    """The origin of a development server."""
    with served(tmp_path_factory.mktemp("server"), DEBUG="true") as server:
        await server.becomes_ready(1)
        yield f"http://{server.address}"
