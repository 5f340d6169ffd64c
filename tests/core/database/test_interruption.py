"""Every use of the pool, interrupted at each of its awaits, releases its connections clean."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import suppress
from typing import Any

import asyncpg
import pytest

from core.database.database import Database, DatabaseUnavailable, Transaction
from core.database.group_commit import GroupCommit
from tests.core.database.interruption import (
    CANCELLATIONS,
    INTERRUPTIONS,
    Interrupted,
    Interruption,
    Thrown,
    cancelling_tasks,
)

NOTE = "INSERT INTO interrupted (id) SELECT unnest($1::text::bigint[]) RETURNING 1, id"
NOTE_ONE = "INSERT INTO interrupted (id) VALUES ($1)"
IN_TRANSACTION = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND state LIKE 'idle in transaction%'
"""
Use = Callable[[Database, int], Coroutine[Any, Any, Any]]


@pytest.fixture
async def other(database: Database) -> AsyncIterator[Database]:
    """Another pool, and a table `interrupted`."""
    await database.write("CREATE TABLE interrupted (id bigint PRIMARY KEY)")
    yield database
    await database.write("DROP TABLE interrupted")


async def fetch(database: Database, number: int) -> None:
    await database.fetch("SELECT $1::bigint, pg_sleep(0.001)", number)


async def write(database: Database, number: int) -> None:
    await database.write(NOTE_ONE, number)


async def transaction(database: Database, number: int) -> None:
    async with database.transaction() as transaction:
        await transaction.fetch(NOTE_ONE, number)
        await transaction.fetch_row("SELECT count(*) FROM interrupted")
        await transaction.fetch(NOTE_ONE, number + 1)


async def transaction_that_fails(database: Database, number: int) -> None:
    with suppress(KeyError):
        async with database.transaction() as transaction:
            await transaction.fetch(NOTE_ONE, number)
            raise KeyError


async def connection(database: Database, number: int) -> None:
    async with database.connection() as connection:
        await connection.execute("BEGIN")
        await connection.fetch(NOTE_ONE, number)
        await connection.fetch(NOTE_ONE, number + 1)
        await connection.execute("COMMIT")


async def lock(transaction: Transaction, _: object) -> None:
    await transaction.fetch("SELECT FROM users LIMIT 1 FOR UPDATE")


async def batched(database: Database, number: int) -> None:
    group_commit = GroupCommit(database, NOTE)
    await asyncio.gather(group_commit.submit(number), group_commit.submit(number + 1))


async def batched_with_lock(database: Database, number: int) -> None:
    group_commit = GroupCommit(database, NOTE, lock=lock)
    await asyncio.gather(group_commit.submit(number), group_commit.submit(number + 1))


async def opened(database: Database, _: int) -> None:
    await database.open()


USES: list[Use] = [
    fetch,
    write,
    transaction,
    transaction_that_fails,
    connection,
    batched,
    batched_with_lock,
    opened,
]


async def assert_pool_is_clean(interrupted: Database, other: Database, number: int) -> None:
    """All connections are released, none is in a transaction, and new writes are visible to others."""
    async with asyncio.timeout(20):
        while interrupted.unused_connections < interrupted.size:
            await other.fetch("SELECT")
        while (await other.fetch(IN_TRANSACTION))[0][0]:
            pass
    pair = await other.fetch(
        "SELECT FROM interrupted WHERE id = ANY($1::bigint[])", [number, number + 1]
    )
    for added in range(interrupted.size):
        await interrupted.write(NOTE_ONE, number + 10 + added)
    seen = await other.fetch("SELECT FROM interrupted WHERE id >= $1", number + 10)
    assert len(seen) == interrupted.size
    assert len(pair) in (0, 1, 2)


@pytest.mark.parametrize("busy", [False, True], ids=["free", "waiting"])
@pytest.mark.parametrize("interruption", INTERRUPTIONS, ids=lambda each: each.__name__)
@pytest.mark.parametrize("use", USES, ids=lambda use: use.__name__)
async def test_a_caller_that_is_interrupted_at_any_await(
    other: Database, use: Use, interruption: Interruption, busy: bool
) -> None:
    nth = 0
    reached = True
    pool = Database(os.environ["DATABASE_URL"], size=1, acquire_seconds=5)
    while reached:
        nth += 1
        if use is opened:
            await pool.close()
            pool = Database(os.environ["DATABASE_URL"], size=2, acquire_seconds=5)
        number = 100 * nth
        holder = asyncio.create_task(pool.fetch("SELECT pg_sleep(0.003)")) if busy else None
        await asyncio.sleep(0)
        interrupted = Interrupted(use(pool, number), nth, interruption)
        await interrupted.run()
        reached = interrupted.reached
        if holder is not None:
            await holder
        await assert_pool_is_clean(pool, other, number)
        if use is transaction and interruption in CANCELLATIONS:
            written = await other.fetch(
                "SELECT FROM interrupted WHERE id IN ($1, $2)", number, number + 1
            )
            assert len(written) in (0, 2)
    assert nth > 1
    await pool.close()


@pytest.mark.parametrize("used", [None, lock], ids=["without_lock", "with_lock"])
async def test_a_commit_that_is_cancelled_at_any_await(other: Database, used: Any) -> None:
    pool = await Database(os.environ["DATABASE_URL"], size=1).open()
    nth = 0
    reached = True
    while reached:
        nth += 1
        number = 100 * nth
        group_commit = GroupCommit(pool, NOTE, lock=used)
        with cancelling_tasks("GroupCommit._write_batch", nth) as found:
            outcomes = await asyncio.gather(
                *(group_commit.submit(number + offset) for offset in range(3)),
                return_exceptions=True,
            )
        [interrupted] = found
        reached = interrupted.reached
        await group_commit.close()
        written = await other.fetch(
            "SELECT FROM interrupted WHERE id BETWEEN $1 AND $2", number, number + 2
        )
        if not any(isinstance(outcome, BaseException) for outcome in outcomes):
            assert len(written) == 3
        assert len(written) in (0, 3)
        await assert_pool_is_clean(pool, other, number)
    assert nth > 1
    await pool.close()


async def test_closing_that_is_cancelled_at_any_await_closes_the_pool(other: Database) -> None:
    nth = 0
    reached = True
    while reached:
        nth += 1
        pool = await Database(os.environ["DATABASE_URL"], size=2).open()
        user = asyncio.create_task(pool.fetch("SELECT pg_sleep(0.01)"))
        await asyncio.sleep(0)
        closing = Interrupted(pool.close(), nth, CANCELLATIONS[0])
        await closing.run()
        reached = closing.reached
        await asyncio.wait([user])
        user.exception()
        with pytest.raises(DatabaseUnavailable):
            await pool.fetch("SELECT 1")
    assert nth > 1


async def test_an_abandoned_waiter_holds_no_connection(other: Database) -> None:
    pool = await Database(os.environ["DATABASE_URL"], size=1, acquire_seconds=0.2).open()
    async with pool.connection():
        abandoned = pool.fetch("SELECT 1")
        abandoned.send(None)  # It waits, and is never resumed.
    await asyncio.sleep(0)
    assert await pool.fetch("SELECT 2") == [(2,)]
    abandoned.close()
    assert await pool.fetch("SELECT 3") == [(3,)]
    assert pool.unused_connections == 1
    await pool.close()


async def test_connecting_that_fails_under_waiters_loses_no_slot() -> None:
    unreachable = Database("postgresql://127.0.0.1:1/feed", size=3)
    reads = [unreachable.fetch("SELECT 1") for _ in range(20)]
    outcomes = await asyncio.gather(*reads, return_exceptions=True)
    assert {type(outcome) for outcome in outcomes} == {DatabaseUnavailable}
    assert unreachable.unused_connections == 3
    await unreachable.close()


async def test_waiters_are_served_or_failed_by_closing(other: Database) -> None:
    pool = await Database(os.environ["DATABASE_URL"], size=1).open()
    reads = [asyncio.create_task(pool.fetch("SELECT pg_sleep(0.01)")) for _ in range(5)]
    await asyncio.sleep(0)
    await pool.close()
    assert [len(rows) for rows in await asyncio.gather(*reads)] == [1] * 5
    with pytest.raises(DatabaseUnavailable):
        await pool.fetch("SELECT 1")


async def test_a_transaction_whose_statement_failed_is_not_acknowledged(other: Database) -> None:
    async def swallowing() -> None:
        async with other.transaction() as transaction:
            await transaction.fetch(NOTE_ONE, 1)
            with suppress(asyncpg.DivisionByZeroError):
                await transaction.fetch("SELECT 1 / 0")

    with pytest.raises(asyncpg.InFailedSQLTransactionError, match="rolled back"):
        await swallowing()
    assert not await other.fetch("SELECT FROM interrupted")


async def test_an_exception_in_a_transaction_is_not_swallowed(other: Database) -> None:
    with pytest.raises(Thrown):
        async with other.transaction():
            raise Thrown
