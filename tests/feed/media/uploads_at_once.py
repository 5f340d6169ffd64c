"""Measures the memory of the server while files arrive: `python -m tests.feed.media.uploads_at_once --uploads 100`.

Starts the server, uploads so many files of 8 MiB at once, and prints the most memory that the server had meanwhile.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from tests.servers import servers_of_program

if TYPE_CHECKING:
    from tests.feed.media.pictures import Json, Uploader

MIB = 2**20
FILE_BYTES = 8 * MIB
PART = bytes(64 * 1024)
UPLOADS_OF_USER = 25
SECONDS = 300.0
FORGET_PEAK = "5"


def peak_memory(process: int) -> float:
    """The most MiB that the process has had in memory since `forget_peak`."""
    status = Path(f"/proc/{process}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def forget_peak(process: int) -> None:
    Path(f"/proc/{process}/clear_refs").write_text(FORGET_PEAK)


async def parts(begun: asyncio.Barrier) -> AsyncIterator[bytes]:
    """A file that goes on when all have begun."""
    yield PART
    await begun.wait()
    for _ in range(FILE_BYTES // len(PART) - 1):
        yield PART


async def send(uploader: Uploader, upload: Json, begun: asyncio.Barrier) -> int:
    """The status of the answer to the file."""
    answer = await uploader.send(upload, parts(begun), **{"Content-Length": str(FILE_BYTES)})
    return answer.status_code


async def memory_for_uploads(
    process: int, uploaders: list[Uploader], count: int
) -> tuple[float, float]:
    """The most memory of the server before and while so many files arrive at once. Units: MiB."""
    sending = [uploaders[number // UPLOADS_OF_USER] for number in range(count)]
    uploads = [await each.start(FILE_BYTES) for each in sending]
    # The first file makes what remains for all others.
    assert await send(sending[0], uploads[0], asyncio.Barrier(1)) == 200
    forget_peak(process)
    before = peak_memory(process)
    begun = asyncio.Barrier(count)
    statuses = await asyncio.gather(*map(send, sending, uploads, [begun] * count))
    assert set(statuses) == {200}
    return before, peak_memory(process)


async def measure(count: int, folder: Path) -> None:
    from core.database.database import Database  # noqa: PLC0415  # after Django is set up
    from tests.core.server.served import served  # noqa: PLC0415
    from tests.feed.media.pictures import Uploader  # noqa: PLC0415
    from tests.live.world import Api, signed_in  # noqa: PLC0415

    database = await Database(os.environ["DATABASE_URL"], size=1).open()
    users = await signed_in(database, -(-count // UPLOADS_OF_USER))
    await database.close()
    with served(folder) as server:
        [process] = await server.becomes_ready(1)
        api = Api(server.address)
        uploaders = [Uploader(api, user, timeout=SECONDS) for user in users]
        before, most = await memory_for_uploads(process, uploaders, count)
        for each in uploaders:
            await each.close()
        await api.close()
    sys.stdout.write(
        f"{count} files of 8 MiB at once: the server had {before:.0f} MiB before, {most:.0f} MiB at most\n"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--uploads", type=int, default=100)
    count = parser.parse_args().uploads
    with TemporaryDirectory() as folder, servers_of_program(MEDIA_STORAGE=folder):
        asyncio.run(measure(count, Path(folder)))


if __name__ == "__main__":
    main()
