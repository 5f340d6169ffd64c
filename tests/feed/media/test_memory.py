"""Files that arrive at once take no memory of the server. `uploads_at_once.py` measures more of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.database.database import Database
from tests.core.server.served import served
from tests.feed.media.pictures import Uploader
from tests.feed.media.uploads_at_once import FILE_BYTES, MIB, SECONDS, memory_for_uploads
from tests.live.world import Api, signed_in

UPLOADS = 12


@pytest.mark.timeout(300)
async def test_files_that_arrive_at_once_take_little_memory(
    database: Database, tmp_path: Path
) -> None:
    with served(tmp_path) as server:
        [process] = await server.becomes_ready(1)
        api = Api(server.address)
        uploader = Uploader(api, (await signed_in(database, 1))[0], timeout=SECONDS)
        before, most = await memory_for_uploads(process, [uploader], UPLOADS)
        await uploader.close()
        await api.close()
    assert most - before < UPLOADS * FILE_BYTES / MIB / 4
