"""Hundreds of readers of heavy pages, and three writers: `python -m tests.live.overload --readers 500 --seconds 60`.

Small writes take their turns with the reads, however many of these wait.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter

from core.database.database import Database
from core.ids import global_id
from tests.servers import servers_for_tests, set_up_program

if __name__ == "__main__":
    set_up_program()

from tests.core.server.served import served  # needs the settings
from tests.live.fuzz import CROWD_SIZE, add_crowd, spread  # as above
from tests.live.http_client import HttpClient  # as above
from tests.live.world import operation, signed_in  # as above

WRITERS = 3
PAGE = 100


@dataclass
class Outcome:
    """Duration in seconds and status of each request."""

    reads: list[float] = field(default_factory=list)
    writes: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    """Of the reads."""
    failed_writes: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        reads = f"reads: {spread(self.reads)}, statuses {dict(self.statuses)}"
        return f"{reads}\nwrites: {spread(self.writes)}, {len(self.failed_writes)} failed"


async def overload(address: str, database: Database, *, readers: int, seconds: float) -> Outcome:
    """Measures so many readers of a server with an empty database."""
    users = await signed_in(database, CROWD_SIZE, lasts=3_600)
    async with database.connection() as connection:
        await add_crowd(connection)
        post = await connection.fetchval("SELECT max(id) FROM posts")
    outcome = Outcome()
    ends = perf_counter() + seconds
    clients = [
        HttpClient(address, users[number % CROWD_SIZE].authorization)
        for number in range(readers + WRITERS)
    ]
    like = [operation("LikePost"), operation("UnlikePost")]
    target = {"postId": global_id("Post", post)}

    async def read(client: HttpClient) -> None:
        while perf_counter() < ends:
            began = perf_counter()
            status, _ = await client.ask(operation("HomeFeed"), {"first": PAGE})
            outcome.reads.append(perf_counter() - began)
            outcome.statuses[status] += 1

    async def write(client: HttpClient) -> None:
        await asyncio.sleep(seconds / 5)  # By then requests of the readers queue up.
        turn = 0
        while perf_counter() < ends:
            turn += 1
            began = perf_counter()
            status, body = await client.ask(like[turn % 2], {"input": target})
            outcome.writes.append(perf_counter() - began)
            if status != 200 or b'"errors":[{' in body:
                outcome.failed_writes.append(body.decode())
            await asyncio.sleep(0.05)

    try:
        async with asyncio.TaskGroup() as group:
            for client in clients[:WRITERS]:
                group.create_task(write(client))
            for client in clients[WRITERS:]:
                group.create_task(read(client))
    finally:
        for client in clients:
            client.close()
    return outcome


async def run(folder: Path, *, readers: int, seconds: float) -> Outcome:
    """Measures with a separate server; empties the database."""
    database = await Database(os.environ["DATABASE_URL"], size=2).open()
    try:
        await database.write("TRUNCATE users, events, trace_imports CASCADE")
        with served(folder, DEBUG="false") as server:
            await server.becomes_ready(1)
            return await overload(server.address, database, readers=readers, seconds=seconds)
    finally:
        await database.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--readers", type=int, default=500)
    parser.add_argument("--seconds", type=float, default=60)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, servers_for_tests() as servers:
        os.environ.update(servers.variables)
        print(asyncio.run(run(Path(folder), readers=arguments.readers, seconds=arguments.seconds)))


if __name__ == "__main__":
    main()
