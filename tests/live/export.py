"""Makes and downloads the archive of a user with many rows: `python -m tests.live.export --rows 100000`.

Prints how long it took, and how much memory the worker that made it and the web server that sent it took for that.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import zlib
from pathlib import Path
from time import monotonic

import httpx

from core.database.database import Database
from tests.servers import set_up_program

if __name__ == "__main__":
    set_up_program()

from tests.live.crash import Client
from tests.live.surroundings import Surroundings, surroundings
from tests.live.world import operation, signed_in

ROWS = """
WITH posts AS (
    INSERT INTO posts (author_id, text) SELECT $1, repeat('So it is, number ' || n || '. ', 20)
    FROM generate_series(1, $3::int / 2) n RETURNING id
), likes AS (
    INSERT INTO post_likes (user_id, post_id) SELECT $1, id FROM posts LIMIT $3::int / 4
), other AS (
    INSERT INTO posts (author_id, text) VALUES ($2, 'x') RETURNING id
)
INSERT INTO comments (post_id, author_id, text) SELECT id, $1, repeat('What ' || n || '? ', 30)
FROM other, generate_series(1, $3::int / 4) n
"""
TIMEOUT = 300


def peak_memory(pid: int) -> float:
    """The most resident memory that a process has taken. Units: MB."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


async def run(around: Surroundings, rows: int) -> None:
    database = await Database(around.postgres.url, size=1).open()
    user, other = await signed_in(database, 2)
    await database.write(ROWS, user.key, other.key, rows)
    around.start_worker()
    async with (
        httpx.AsyncClient(base_url=f"http://{around.address(0)}", timeout=TIMEOUT) as http,
        asyncio.timeout(TIMEOUT),
    ):
        client = Client(http, user)
        # The worker has started when it has made an archive of the other user.
        await ready(Client(http, other))
        worker, web = peak_memory(around.worker_pid), peak_memory(around.pid(0))
        began = monotonic()
        url = await ready(client)
        made = monotonic() - began
        [[size, parts]] = await database.fetch(
            "SELECT sum(length(content)), count(*) FROM data_export_parts p JOIN data_exports e ON e.id = p.export_id "
            "WHERE e.user_id = $1",
            user.key,
        )
        began = monotonic()
        lines = await downloaded(http, url)
        taken = monotonic() - began
    assert lines == rows + 2, lines  # The account and its session.
    print(
        f"{lines:,} lines, {size / 1e6:.1f} MB in {parts} parts: made in {made:.1f} s, downloaded in {taken:.1f} s; "
        f"the worker took {peak_memory(around.worker_pid) - worker:.0f} MB more for it (of {worker:.0f}), "
        f"the web server {peak_memory(around.pid(0)) - web:.0f} MB (of {web:.0f})"
    )
    await database.close()


async def ready(client: Client) -> str:
    """The address of the client's archive, once it is made."""
    answer = await client.ask(operation("ExportData"), input={})
    export = answer["data"]["exportData"]["export"]
    while export["state"] == "PENDING":
        await asyncio.sleep(0.05)
        answer = await client.ask(operation("ExportState"), id=export["id"])
        export = answer["data"]["node"]
    assert export["state"] == "READY", export
    return str(export["url"])


async def downloaded(http: httpx.AsyncClient, url: str) -> int:
    """The number of lines of an archive, read as it arrives."""
    lines, unzipped = 0, zlib.decompressobj(wbits=31)
    async with http.stream("GET", url) as response:
        assert response.status_code == 200
        async for chunk in response.aiter_raw():
            rest = chunk
            while rest:
                lines += unzipped.decompress(rest).count(b"\n")
                rest = unzipped.unused_data
                if unzipped.eof:
                    unzipped = zlib.decompressobj(wbits=31)
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    rows = parser.parse_args().rows
    with tempfile.TemporaryDirectory() as folder, surroundings(Path(folder)) as around:
        asyncio.run(run(around, rows))


if __name__ == "__main__":
    main()
