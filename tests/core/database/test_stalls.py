"""PostgreSQL stalls under writers: no acknowledged write is lost, and the pool recovers afterwards."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from functools import partial
from itertools import count
from pathlib import Path

import pytest

from core.database.database import Database, DatabaseUnavailable
from core.database.group_commit import GroupCommit
from core.devserver.postgres import Postgres
from tests.core.database.stalls import HORIZON, IDLE_IN_TRANSACTION, stalled
from tests.live.world import eventually

WRITERS = 20
NOTE = "INSERT INTO notes (id) VALUES ($1)"
NOTES = "INSERT INTO notes (id) SELECT unnest($1::text::bigint[])"


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    server = Postgres(Path(tmp_path_factory.mktemp("stalled")) / "postgres", durable=False)
    try:
        server.start()
        server.wait()
        yield server
    finally:
        server.stop()


async def is_reached(database: Database) -> bool:
    """Whether the server takes writes; on a busy machine it may not be reached within the short timeouts."""
    try:
        return await database.accepts_writes()
    except DatabaseUnavailable:
        return False


@pytest.mark.parametrize("seconds", [0.2, 1.0, 3.0])
async def test_no_acknowledged_write_is_lost_in_a_stall(postgres: Postgres, seconds: float) -> None:
    """The stalls exceed one timeout after another: of a request, of an acquire, of a statement."""
    database = Database(
        postgres.url,
        size=4,
        acquire_seconds=0.5,
        connect_seconds=0.5,
        statement_seconds=1.5,
        sync_seconds=0.5,
    )
    await eventually(partial(is_reached, database))
    other = await Database(postgres.url, size=1).open()
    await other.write("DROP TABLE IF EXISTS notes")
    await other.write("CREATE TABLE notes (id bigint PRIMARY KEY)")
    group_commit = GroupCommit(database, NOTES)
    numbers = count(1)
    acknowledged: list[tuple[float, int]] = []
    stop = asyncio.Event()

    async def write(kind: int) -> list[int]:
        number = next(numbers)
        if kind == 0:
            await database.write(NOTE, number)
            return [number]
        if kind == 1:
            await group_commit.submit(number)
            return [number]
        second = next(numbers)
        async with database.transaction() as transaction:
            await transaction.fetch(NOTE, number)
            await transaction.fetch(NOTE, second)
        return [number, second]

    async def writer(index: int) -> None:
        while not stop.is_set():
            try:
                async with asyncio.timeout(0.4):
                    written = await write(index % 3)
            except (DatabaseUnavailable, TimeoutError):
                await asyncio.sleep(0.01)
            else:
                acknowledged.extend((time.monotonic(), number) for number in written)

    writers = [asyncio.create_task(writer(index)) for index in range(WRITERS)]
    await asyncio.sleep(0.3)
    with stalled(postgres):
        await asyncio.sleep(seconds)
        with pytest.raises((DatabaseUnavailable, TimeoutError)):
            async with asyncio.timeout(0.3):
                await database.accepts_writes()
    resumed = time.monotonic()
    async with asyncio.timeout(20):
        while not acknowledged or acknowledged[-1][0] < resumed:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    horizon = (await other.fetch(HORIZON))[0][0]
    await asyncio.sleep(0.3)
    stop.set()
    await asyncio.gather(*writers)
    await group_commit.close()
    async with asyncio.timeout(20):
        while database.unused_connections < database.size:
            await other.fetch("SELECT")
    assert (await other.fetch(IDLE_IN_TRANSACTION))[0][0] == 0
    assert (await other.fetch(HORIZON))[0][0] > horizon
    await eventually(partial(is_reached, database))
    found = {row[0] for row in await other.fetch("SELECT id FROM notes")}
    assert {number for _, number in acknowledged} <= found
    await database.close()
    await other.close()
