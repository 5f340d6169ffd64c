"""A server, and users who upload pictures to it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from core.database.database import Database
from feed.media.processing import DECODER
from tests.feed.media.pictures import Uploader
from tests.live.conftest import address, api
from tests.live.world import Api, signed_in

__all__ = ["address", "api"]


@pytest.fixture
async def uploaders(api: Api, database: Database) -> AsyncIterator[list[Uploader]]:
    """Two users."""
    opened = [Uploader(api, user) for user in await signed_in(database, 2)]
    yield opened
    for each in opened:
        await each.close()


@pytest.fixture
def uploader(uploaders: list[Uploader]) -> Uploader:
    return uploaders[0]


@pytest.fixture(scope="module", autouse=True)
async def decoder() -> AsyncIterator[None]:
    """Ends the decoder, which a worker leaves to its own end."""
    yield
    process = DECODER.process
    DECODER.end()
    if process is not None:
        await process.wait()
