"""Connections are acquired, released and replaced, also when they break or their callers are cancelled."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextvars import Context

import asyncpg
import pytest

from core.database.database import Database, DatabaseUnavailable
from core.database.usage import USAGE, Usage
from tests.live.world import eventually

KILL_OTHERS = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = ANY($1::int[])"
PID = "SELECT pg_backend_pid()"
WAITS = "SELECT FROM pg_stat_activity WHERE pid = $1 AND wait_event_type = 'Lock'"
SLEEP = "SELECT pg_sleep($1)"


@pytest.fixture
async def pair(database: Database) -> AsyncIterator[Database]:
    """A pool of two connections that are waited for as long as a busy machine needs."""
    opened = await Database(os.environ["DATABASE_URL"], size=2, acquire_seconds=30.0).open()
    yield opened
    await opened.close()


async def pids(pair: Database) -> list[int]:
    async with pair.connection() as one, pair.connection() as other:
        return [await one.fetchval(PID), await other.fetchval(PID)]


async def test_broken_connections_are_replaced_under_reads(
    database: Database, pair: Database
) -> None:
    before = await pids(pair)
    await database.fetch(KILL_OTHERS, before)
    assert (await pair.fetch(PID))[0][0] not in before
    assert not set(await pids(pair)) & set(before)


async def test_a_read_whose_connection_breaks_is_retried(
    database: Database, pair: Database
) -> None:
    async with pair.connection() as connection:
        victim = await connection.fetchval(PID)
    async with database.connection() as holder, holder.transaction():
        await holder.execute("SELECT pg_advisory_xact_lock(1)")
        reading = asyncio.ensure_future(
            pair.fetch("SELECT pg_backend_pid() FROM pg_advisory_xact_lock_shared(1)")
        )
        while not await database.fetch(WAITS, victim):
            pass
        await database.fetch(KILL_OTHERS, [victim])
    assert (await reading)[0][0] != victim


async def test_a_write_whose_connection_breaks_is_not_retried(
    database: Database, pair: Database
) -> None:
    async with pair.connection() as connection:
        victim = await connection.fetchval(PID)
    async with database.connection() as holder, holder.transaction():
        await holder.execute("SELECT pg_advisory_xact_lock(1)")
        writing = asyncio.ensure_future(pair.write("SELECT pg_advisory_xact_lock_shared(1)"))
        while not await database.fetch(WAITS, victim):
            pass
        await database.fetch(KILL_OTHERS, [victim])
        with pytest.raises(DatabaseUnavailable):
            await writing


async def test_an_acquire_times_out() -> None:
    pair = await Database(os.environ["DATABASE_URL"], size=2, acquire_seconds=0.2).open()
    async with pair.connection(), pair.connection():
        with pytest.raises(DatabaseUnavailable):
            await pair.fetch(PID)
    assert await pair.fetch(PID)
    await pair.close()


async def test_waiters_are_served_in_order(pair: Database) -> None:
    served: list[int] = []

    async def read(number: int) -> None:
        await pair.fetch(PID)
        served.append(number)

    async with pair.connection():
        async with pair.connection():
            reads = [asyncio.ensure_future(read(number)) for number in range(5)]
            await asyncio.sleep(0)
        await asyncio.gather(*reads)
    assert served == [0, 1, 2, 3, 4]


async def test_waiting_writes_and_reads_are_served_alternately(database: Database) -> None:
    """Neither starves the other; a caller's reads after its write have the priority of writes."""
    alone = await Database(os.environ["DATABASE_URL"], size=1).open()
    served: list[str] = []

    async def read() -> None:
        await alone.fetch(PID)
        served.append("read")

    async def write() -> None:
        await alone.write(PID)
        served.append("write")
        await alone.fetch(PID)
        served.append("read of a writer")

    async with alone.connection():
        # Each request has such a context, in which nothing has been written.
        reads = [asyncio.create_task(read(), context=Context()) for _ in range(20)]
        await asyncio.sleep(0)
        writes = [asyncio.create_task(write(), context=Context()) for _ in range(3)]
        await asyncio.sleep(0)
    await asyncio.gather(*reads, *writes)
    await alone.close()
    assert served.count("read") == 20
    assert max(index for index, kind in enumerate(served) if kind != "read") <= 14
    assert all("read" in served[index : index + 3] for index in range(len(served) - 2))


async def test_cancelled_callers_release_their_connections(pair: Database) -> None:
    for _ in range(20):
        callers = [asyncio.ensure_future(pair.fetch(SLEEP, 0.01)) for _ in range(6)]
        await asyncio.sleep(0.005)
        for caller in callers[::2]:
            caller.cancel()
        await asyncio.gather(*callers, return_exceptions=True)
    assert len(set(await pids(pair))) == 2


async def assert_locks_end(database: Database, holders: list[int]) -> None:
    """The connections release their table locks without being used again."""
    held = "SELECT count(*) FROM pg_locks WHERE pid = ANY($1::int[]) AND relation IS NOT NULL"
    async with asyncio.timeout(20):
        while (await database.fetch(held, holders))[0][0]:
            pass


async def test_a_caller_cancelled_between_parse_and_execute_leaves_no_lock(
    database: Database, pair: Database
) -> None:
    """PostgreSQL locks the tables of a statement when it parses it."""
    before = await pids(pair)
    for attempt in range(20):
        statement = f"SELECT count(*) AS c{attempt} FROM users"  # noqa: S608  # a statement that is not prepared yet
        async with database.connection() as holder:
            async with holder.transaction():
                await holder.execute("LOCK TABLE users")
                reading = asyncio.ensure_future(pair.fetch(statement))
                while not await database.fetch("SELECT FROM pg_locks WHERE NOT granted"):
                    pass
            reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
        await assert_locks_end(database, before)
    assert sorted(await pids(pair)) == sorted(before)


async def test_an_invalid_argument_leaves_no_lock(database: Database, pair: Database) -> None:
    before = await pids(pair)
    with pytest.raises(asyncpg.DataError, match="integer"):
        await pair.fetch("SELECT FROM users WHERE id = $1", "no number")
    await assert_locks_end(database, before)
    assert sorted(await pids(pair)) == sorted(before)


async def test_an_invalid_argument_is_not_reported_as_unavailable(pair: Database) -> None:
    with pytest.raises(Exception, match="int32") as raised:
        await pair.fetch("SELECT $1::int", 2**40)
    assert not isinstance(raised.value, DatabaseUnavailable)


async def test_statements_are_prepared_again_after_a_schema_change() -> None:
    alone = await Database(os.environ["DATABASE_URL"], size=1).open()
    async with alone.connection() as connection:
        await connection.execute("CREATE TEMP TABLE changing AS SELECT 1 AS a")
    read = "SELECT * FROM changing"
    for _ in range(2):
        assert list(map(tuple, await alone.fetch(read))) == [(1,)]
    async with alone.connection() as connection:
        await connection.execute("ALTER TABLE changing ADD b text DEFAULT 'new'")
    for _ in range(2):
        assert list(map(tuple, await alone.fetch(read))) == [(1, "new")]
    await alone.close()


@pytest.mark.parametrize("length", [0, 100_000])
async def test_a_statement_is_prepared_once(length: int) -> None:
    alone = await Database(os.environ["DATABASE_URL"], size=1).open()
    statement = "SELECT $1::int" + " " * length
    for number in range(5):
        assert await alone.fetch(statement, number) == [(number,)]
    prepared = await alone.fetch("SELECT statement FROM pg_prepared_statements ORDER BY 1")
    assert [row[0] for row in prepared].count(statement) == 1
    await alone.close()


async def test_an_unreachable_server_is_unavailable() -> None:
    with pytest.raises(DatabaseUnavailable):
        await Database("postgresql://127.0.0.1:1/feed", size=1).open()


async def test_reads_beyond_the_queue_are_refused_at_once_and_writes_still_wait(
    database: Database,
) -> None:
    pool = await Database(
        os.environ["DATABASE_URL"], size=1, acquire_seconds=30, waiting_at_most=3
    ).open()
    async with pool.connection():

        async def write() -> None:
            await pool.write("SELECT 1")

        # Each in a context of its own, as requests are.
        reads = [asyncio.create_task(pool.fetch(PID), context=Context()) for _ in range(10)]
        refused, waiting = await asyncio.wait(reads, timeout=1)
        assert (len(refused), len(waiting)) == (7, 3)
        for each in refused:
            with pytest.raises(DatabaseUnavailable, match="3 callers wait"):
                await each
        writing = asyncio.create_task(write(), context=Context())
        next(iter(waiting)).cancel()
        await asyncio.sleep(0)
        # In the place of the one that was cancelled.
        again = asyncio.create_task(pool.fetch(PID), context=Context())
        _, waiting_still = await asyncio.wait([writing, again], timeout=0.1)
        assert len(waiting_still) == 2
    await asyncio.gather(writing, again, *(each for each in waiting if not each.cancelled()))
    assert pool.unused_connections == 1
    await pool.close()


async def test_a_request_that_has_begun_is_not_refused(database: Database) -> None:
    """Else requests with several statements would hardly ever be completed under load."""
    pool = await Database(os.environ["DATABASE_URL"], size=1, waiting_at_most=2).open()

    have_begun, may_go_on = asyncio.Barrier(4), asyncio.Event()

    async def two_statements() -> None:
        USAGE.set(Usage())
        await pool.fetch(PID)
        await have_begun.wait()
        await may_go_on.wait()
        await pool.fetch(PID)

    begun = [asyncio.create_task(two_statements(), context=Context()) for _ in range(3)]
    await have_begun.wait()
    async with pool.connection():
        may_go_on.set()

        async def all_wait() -> bool:
            return pool.waiting == len(begun)

        assert await eventually(all_wait)
        with pytest.raises(DatabaseUnavailable, match="3 callers wait"):
            await asyncio.create_task(pool.fetch(PID), context=Context())
    await asyncio.gather(*begun)
    await pool.close()
