"""A bucket that hangs keeps nobody from what needs no bucket."""

from __future__ import annotations

import asyncio
from pathlib import Path

from core.database.database import Database
from tests.core.accounts.world import PASSWORD
from tests.core.server.served import TIMEOUT, served
from tests.feed.media.pictures import Uploader
from tests.live.world import Api, signed_in

UPLOADS = 40
"""More than a process has threads of any kind."""
ASKED_AT_ONCE = 8
"""As many as have a thread of the bucket's; the others wait."""


async def test_users_sign_in_while_uploads_wait_for_a_bucket(
    database: Database, tmp_path: Path
) -> None:
    [user] = await signed_in(database, 1)
    asked = asyncio.Semaphore(0)

    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.release()
        await reader.read()  # Until the client gives up.
        writer.close()

    async with await asyncio.start_server(hang, "127.0.0.1", 0) as bucket:
        storage = f"http://key:secret@127.0.0.1:{bucket.sockets[0].getsockname()[1]}/bucket"
        with served(tmp_path, MEDIA_STORAGE=storage, REQUEST_SECONDS="300") as server:
            await server.becomes_ready(1)
            api = Api(server.address)
            uploader = Uploader(api, user)
            started = [(await uploader.start(3))["mediaId"] for _ in range(UPLOADS)]
            finishing = [asyncio.create_task(uploader.finish(each)) for each in started]
            try:
                for _ in range(ASKED_AT_ONCE):
                    async with asyncio.timeout(TIMEOUT):
                        await asked.acquire()
                account = {"username": "ada", "email": "ada@example.com", "displayName": "Ada"}
                await api.do(None, "SignUp", input={**account, "password": PASSWORD})
                signed = await api.do(None, "SignIn", input={"login": "ada", "password": PASSWORD})
                assert signed["session"]
                assert not any(each.done() for each in finishing)
            finally:
                for each in finishing:
                    each.cancel()
                await asyncio.wait(finishing)
                await uploader.close()
                await api.close()
