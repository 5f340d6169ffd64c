"""The log returns every event once, in order, also of overlapping transactions; old events expire."""

from __future__ import annotations

import os
import random
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from core.context import Services
from core.database.cursors import CursorSigner
from core.database.database import Database
from core.events.event_log import EventLog, EventRow, ResyncReason, events_expire
from core.events.log_positions import START, Position, cursor_from_snapshot, position_from_snapshot
from core.events.statements import SQL

ADD = "INSERT INTO events (kind, actor_id, post_id) VALUES ('post_liked', 1, $1) RETURNING id"
SNAPSHOT = (SQL.log_now, timedelta(days=1), *START.newest)
CURSORS = CursorSigner(b"for tests")


@asynccontextmanager
async def other_database() -> AsyncIterator[Any]:
    """A connection to another database of the same cluster."""
    url = f"{os.environ['DATABASE_URL'].rpartition('/')[0]}/postgres"
    connection = await asyncpg.connect(
        url, server_settings={"application_name": "another application"}
    )
    try:
        yield connection
    finally:
        await connection.close()


@pytest.fixture
def log(database: Database) -> EventLog:
    return EventLog(database, CURSORS, retention=timedelta(hours=24))


@pytest.fixture
async def connections(database: Database) -> AsyncIterator[list[Any]]:
    """Three connections, for concurrent transactions."""
    async with AsyncExitStack() as stack:
        yield [await stack.enter_async_context(database.connection()) for _ in range(3)]


async def expire(log: EventLog, *, batch: int = 1_000) -> int:
    """Deletes all old events, batch by batch; returns their number."""
    deleted = 0
    while True:
        async with log.database.transaction() as transaction:
            count = await events_expire(transaction, retention=log._retention, batch=batch)
        if not count:
            return deleted
        deleted += count


async def read_all(log: EventLog, position: Position, limit: int = 100) -> list[EventRow]:
    events: list[EventRow] = []
    while (reading := await log.since(position, limit=limit)).events:
        events += reading.events
        position = reading.position
    return events


async def test_an_event_waits_for_earlier_transactions_and_follows_their_events(
    database: Database, log: EventLog, connections: list[Any]
) -> None:
    start = await log.end()
    slow, quick, _ = connections
    transaction = slow.transaction()
    await transaction.start()
    first = await slow.fetchval(ADD, 1)
    second = await quick.fetchval(ADD, 2)

    reading = await log.since(start, limit=10)
    assert (reading.events, reading.has_more) == ([], True)
    assert await log.delay() > 0
    third = await slow.fetchval(ADD, 3)
    await transaction.commit()

    reading = await log.since(reading.position, limit=10)
    assert [event.id for event in reading.events] == [first, third, second]
    assert not reading.has_more
    assert await log.delay() == 0


@pytest.mark.parametrize("seed", range(20))
async def test_overlapping_transactions_neither_lose_nor_repeat_events(
    database: Database, log: EventLog, connections: list[Any], seed: int
) -> None:
    """Random transactions begin, write, commit and roll back while a reader reads and snapshots are taken.

    From each snapshot the log returns exactly the events that it did not see.
    """
    chance = random.Random(seed)
    start = position = await log.end()
    open_ones: dict[int, tuple[Any, list[int]]] = {}
    committed: set[int] = set()
    read: list[EventRow] = []
    resumable: list[tuple[str, set[int]]] = []
    for _ in range(60):
        number = chance.randrange(len(connections))
        connection = connections[number]
        step = chance.random()
        if number not in open_ones:
            transaction = connection.transaction()
            await transaction.start()
            open_ones[number] = (transaction, [])
        elif step < 0.5:
            open_ones[number][1].append(await connection.fetchval(ADD, chance.randrange(5)))
        else:
            transaction, written = open_ones.pop(number)
            if step < 0.9:
                await transaction.commit()
                committed |= set(written)
            else:
                await transaction.rollback()
        if chance.random() < 0.3:
            reading = await log.since(position, limit=chance.choice([1, 2, 100]))
            read += reading.events
            position = reading.position
        if chance.random() < 0.2:
            rows = await database.fetch(*SNAPSHOT)
            resumable.append((rows[0][0], set(committed)))
    for transaction, written in open_ones.values():
        await transaction.commit()
        committed |= set(written)

    read += await read_all(log, position, limit=2)
    assert {event.id for event in read} == committed
    assert len(read) == len(committed)
    assert read == sorted(read, key=lambda event: (event.transaction, event.id))

    everything = await read_all(log, start)
    services = Services(database=database, cursors=CURSORS, notify=lambda: None)
    for snapshot, seen in resumable:
        resumed = await log.start(cursor_from_snapshot(services, snapshot))
        assert isinstance(resumed, Position)
        missed = [event.id for event in everything if resumed.precedes(event.transaction, event.id)]
        assert set(missed) == committed - seen
        assert len(missed) == len(set(missed))


async def test_a_future_or_malformed_cursor_is_unknown(log: EventLog) -> None:
    end = await log.end()
    future = Position(end.transaction + 1_000_000, 1, 7)
    assert await log.start(log.cursor(future)) is ResyncReason.CURSOR_UNKNOWN
    assert await log.start("garbage") is ResyncReason.CURSOR_UNKNOWN


async def test_a_position_is_never_ahead_of_the_events_that_it_saw(
    database: Database, log: EventLog
) -> None:
    """Ids of transactions that wrote nothing are not on disk, and may be reused."""
    await database.write(ADD, 1)
    [event] = await read_all(log, START)
    for _ in range(5):
        await database.write("SELECT pg_current_xact_id()")
    assert await log.end() == await log.start(None) == Position(*event.identity)
    snapshot = (await database.fetch(*SNAPSHOT))[0][0]
    assert position_from_snapshot(snapshot) == Position(*event.identity)


async def test_a_cursor_of_a_missing_event_is_unknown(database: Database, log: EventLog) -> None:
    """A backup was restored, or a replica was promoted; ids are reused."""
    for number in range(3):
        await database.write(ADD, number)
    events = await read_all(log, START)
    cursors = [log.cursor(Position(*event.identity)) for event in events]
    await database.write("DELETE FROM events WHERE id = $1", events[2].id)
    assert await log.start(cursors[2]) is ResyncReason.CURSOR_UNKNOWN
    assert not (await log.since(Position(*events[2].identity), limit=10)).is_same_log
    assert isinstance(await log.start(cursors[1]), Position)
    await database.write(
        "INSERT INTO events (transaction, id, kind, actor_id, created_at) "
        "VALUES ($1, $2, 'post_liked', 1, $3::timestamptz + interval '5 microseconds')",
        *(events[2].transaction, events[2].id, events[2].created_at),
    )
    assert await log.start(cursors[2]) is ResyncReason.CURSOR_UNKNOWN
    assert not (await log.since(Position(*events[2].identity), limit=10)).is_same_log
    reading = await log.since(Position(*events[1].identity), limit=10)
    assert (len(reading.events), reading.is_same_log) == (1, True)


async def test_a_longer_retention_does_not_restore_expired_events(
    database: Database, log: EventLog
) -> None:
    for number in range(3):
        await database.write(ADD, number)
    events = await read_all(log, START)
    await database.write("UPDATE events SET created_at = created_at - interval '25 hours'")
    await expire(log)
    longer = EventLog(database, CURSORS, retention=timedelta(hours=48))
    expired, newest = (longer.cursor(Position(*events[number].identity)) for number in (0, 2))
    assert await longer.start(expired) is ResyncReason.CURSOR_UNKNOWN
    assert isinstance(await longer.start(newest), Position)


async def test_transactions_of_other_databases_hold_no_events_back(
    database: Database, log: EventLog, connections: list[Any]
) -> None:
    async with other_database() as other:
        start = await log.end()
        transaction = other.transaction()
        await transaction.start()
        number = int(await other.fetchval("SELECT pg_current_xact_id()::text"))
        await database.write(ADD, 1)
        reading = await log.since(start, limit=10)
        assert (reading.events, reading.has_more) == ([], True)

        [holder] = [each for each in await log.holders() if each.transaction == number]
        assert holder.is_foreign
        assert holder.pid == other.get_server_pid()
        assert holder.application == "another application"
        reading = await log.since(start, limit=10, foreign=[number])
        assert ([event.post_id for event in reading.events], reading.has_more) == ([1], False)
        assert await log.delay([number]) == 0
        assert (await log.end([number])) == reading.position
        # A transaction of the same database still holds back what follows it.
        own = connections[0].transaction()
        await own.start()
        await connections[0].fetchval(ADD, 2)
        await database.write(ADD, 3)
        reading = await log.since(reading.position, limit=10, foreign=[number])
        assert (reading.events, reading.has_more) == ([], True)
        assert [each.is_foreign for each in await log.holders()] == [True, False]
        await own.commit()
        reading = await log.since(reading.position, limit=10, foreign=[number])
        assert [event.post_id for event in reading.events] == [2, 3]
        await transaction.rollback()


async def test_old_events_expire_in_batches_and_make_earlier_cursors_too_old(
    database: Database, log: EventLog
) -> None:
    before = await log.end()
    for number in range(25):
        await database.write(ADD, number)
    events = await read_all(log, before)
    await database.write(
        "UPDATE events SET created_at = created_at - interval '25 hours' WHERE id <= $1",
        events[19].id,
    )
    assert await expire(log, batch=7) == 19
    left = await read_all(log, Position(0, 0))
    assert [event.id for event in left] == [event.id for event in events[19:]]
    assert await expire(log, batch=7) == 0

    def after(number: int) -> str:
        return log.cursor(Position(*events[number].identity))

    assert await log.start(log.cursor(before)) is ResyncReason.CURSOR_TOO_OLD
    assert await log.start(after(18)) is ResyncReason.CURSOR_TOO_OLD
    # No event is missing after the last expired one, or after any later one.
    for number in (19, 20, 24):
        assert isinstance(await log.start(after(number)), Position)


async def test_a_cursor_from_before_the_first_event_is_valid(
    database: Database, log: EventLog
) -> None:
    before = await log.end()
    await database.write(ADD, 1)
    assert isinstance(await log.start(log.cursor(before)), Position)


async def test_events_of_future_transactions_from_a_restored_dump_are_deleted(
    database: Database, log: EventLog
) -> None:
    await database.write(
        "INSERT INTO events (transaction, kind, actor_id) "
        "SELECT pg_current_xact_id()::text::bigint + 1000000, 'post_liked', 1 FROM generate_series(1, 12)"
    )
    assert await expire(log, batch=5) == 12


async def test_expiry_spares_events_that_an_open_transaction_holds_back(
    database: Database, log: EventLog, connections: list[Any]
) -> None:
    transaction = connections[0].transaction()
    await transaction.start()
    await connections[0].fetchval(ADD, 1)
    for number in range(3):
        await database.write(ADD, number)
    await database.write("UPDATE events SET created_at = now() - interval '2 days'")
    assert await expire(log, batch=2) == 0
    await transaction.commit()
    await database.write("UPDATE events SET created_at = now() - interval '2 days'")
    assert await expire(log, batch=2) == 3
