"""A server for each module, an empty database for each test."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from core.database.database import Database
from tests.live.world import Api, serving


@pytest.fixture(scope="module")
def address(django_db_setup: None) -> Iterator[str]:
    with serving() as address:
        yield address


@pytest.fixture
async def api(address: str, database: Database) -> AsyncIterator[Api]:
    opened = Api(address)
    yield opened
    await opened.close()
