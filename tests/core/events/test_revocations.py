"""Every session revocation is handled soon, whatever else happens in the database."""

from __future__ import annotations

import asyncio
import os
import random
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from contextvars import Context
from datetime import timedelta
from typing import Any

import pytest

from core.database.cursors import CursorSigner
from core.database.database import Database, DatabaseUnavailable
from core.events.event_log import EventLog, EventRow
from core.events.log_positions import Position
from core.events.revocations import RevocationReader, revokes_session
from core.events.statements import SQL
from tests.core.events.test_dispatcher import TERMINATE_SESSIONS
from tests.core.events.test_log import other_database

REVOKE = "INSERT INTO events (kind, actor_id, subject_id) VALUES ('session_revoked', 7, $1)"
LIKE = "INSERT INTO events (kind, actor_id, post_id) VALUES ('post_liked', 1, $1)"
OLD = (
    "INSERT INTO events (kind, actor_id, subject_id, created_at) VALUES ('session_revoked', 7, $1, "
    "now() - $2::interval)"
)


@pytest.fixture
def log(database: Database) -> EventLog:
    return EventLog(database, CursorSigner(b"for tests"), retention=timedelta(hours=24))


class Revoked:
    """The revoked sessions, in order."""

    def __init__(self) -> None:
        self.sessions: list[int | None] = []

    def revoke(self, revocations: Sequence[EventRow]) -> None:
        self.sessions += [event.subject_id for event in revocations]

    async def until(self, holds: Callable[[set[int | None]], bool]) -> None:
        async with asyncio.timeout(20):
            while not holds(set(self.sessions)):  # noqa: ASYNC110  # a plain list
                await asyncio.sleep(0.01)


@asynccontextmanager
async def reading(
    log: EventLog, *, recent: timedelta = timedelta(hours=1)
) -> AsyncIterator[tuple[Revoked, RevocationReader]]:
    revoked = Revoked()
    reader = RevocationReader(log, recent=recent)
    reader.add(revoked.revoke)
    await reader.start()
    try:
        yield revoked, reader
    finally:
        await reader.close()


async def test_it_starts_with_recent_revocations(database: Database, log: EventLog) -> None:
    await database.write(OLD, 1, timedelta(minutes=61))
    await database.write(OLD, 2, timedelta(minutes=59))
    await database.write(LIKE, 3)
    await database.write(REVOKE, 4)
    async with reading(log) as (revoked, _):
        assert set(revoked.sessions) == {2, 4}


async def test_it_polls_and_reads_when_it_is_woken(database: Database, log: EventLog) -> None:
    async with reading(log) as (revoked, reader):
        await database.write(REVOKE, 1)
        await revoked.until(lambda seen: 1 in seen)
        await database.write(REVOKE, 2)
        reader.wake()
        await revoked.until(lambda seen: 2 in seen)
    assert revoked.sessions == [1, 2]


async def test_waiting_reads_delay_no_revocation(database: Database) -> None:
    """Only one of two connections that become free goes to a read that has waited for longer."""
    alone = await Database(os.environ["DATABASE_URL"], size=1).open()
    log = EventLog(alone, CursorSigner(b"for tests"), retention=timedelta(hours=24))
    reader = RevocationReader(log, recent=timedelta(hours=1))
    is_reading = asyncio.Event()
    revocations_since = log.revocations_since
    served: list[str] = []

    async def observed(*arguments: Any, **named: Any) -> Any:
        is_reading.set()
        try:
            return await revocations_since(*arguments, **named)
        finally:
            is_reading.clear()

    async def read() -> None:
        await alone.fetch("SELECT 1")
        served.append("read")

    log.revocations_since = observed  # type: ignore[method-assign]  # as it is, and observed
    reader.add(lambda _: served.append("revocation"))
    # As in a server, no caller has written yet in these contexts.
    await asyncio.create_task(reader.start(), context=Context())
    async with alone.connection():
        reads = [asyncio.create_task(read(), context=Context()) for _ in range(20)]
        await asyncio.sleep(0)
        await database.write(REVOKE, 1)
        reader.wake()
        await is_reading.wait()
        await asyncio.sleep(0)
    await asyncio.gather(*reads)
    await reader.close()
    await alone.close()
    assert served.index("revocation") <= 3


async def test_open_transactions_delay_no_revocation(database: Database, log: EventLog) -> None:
    """Several pages of revocations, before and after open transactions of this and of another database."""
    async with AsyncExitStack() as stack:
        open_here = await stack.enter_async_context(database.connection())
        open_there = await stack.enter_async_context(other_database())
        transactions = [open_here.transaction(), open_there.transaction()]
        for transaction in transactions:
            await transaction.start()
        await open_here.execute(REVOKE, 0)
        await open_there.execute("CREATE TEMPORARY TABLE things (id int)")
        revoked, reader = await stack.enter_async_context(reading(log))
        for first in (1, 6_001, 12_001):
            await database.write(
                "INSERT INTO events (kind, actor_id, subject_id) SELECT 'session_revoked', 7, n "
                "FROM generate_series($1::bigint, $1 + 5999) n",
                first,
            )
            reader.wake()
        await revoked.until(lambda seen: len(seen) == 18_000)
        await transactions[0].commit()
        await revoked.until(lambda seen: len(seen) == 18_001)
        await transactions[1].rollback()
        await database.write(REVOKE, 18_001)
        await revoked.until(lambda seen: 18_001 in seen)
    assert set(revoked.sessions) == set(range(18_002))


@pytest.mark.parametrize("seed", range(10))
async def test_overlapping_transactions_neither_lose_nor_repeat_revocations(
    database: Database, log: EventLog, seed: int
) -> None:
    chance = random.Random(seed)
    committed: set[int] = set()
    seen: list[int | None] = []
    position: Position = await log.now()

    async def read() -> None:
        nonlocal position
        found = await log.revocations_since(position, limit=100)
        assert found.is_same_log
        position = found.position
        seen.extend(event.subject_id for event in found.events)

    async with AsyncExitStack() as stack:
        connections = [await stack.enter_async_context(database.connection()) for _ in range(3)]
        open_ones: dict[int, tuple[Any, list[int]]] = {}
        for number in range(80):
            which = chance.randrange(3)
            if which not in open_ones:
                transaction = connections[which].transaction()
                await transaction.start()
                open_ones[which] = (transaction, [])
            transaction, written = open_ones[which]
            if chance.random() < 0.5:
                await connections[which].execute(chance.choice((REVOKE, LIKE)), number)
                written.append(number)
            elif chance.random() < 0.8:
                del open_ones[which]
                await transaction.commit()
                committed |= set(written)
            else:
                del open_ones[which]
                await transaction.rollback()
            if chance.random() < 0.5:
                await read()
        for transaction, written in open_ones.values():
            await transaction.commit()
            committed |= set(written)
    await read()
    rows = await database.fetch("SELECT subject_id FROM events WHERE kind = 'session_revoked'")
    assert {row[0] for row in rows} <= committed
    assert Counter(seen) == Counter(row[0] for row in rows)


async def test_it_restarts_when_the_log_is_replaced(database: Database, log: EventLog) -> None:
    async with reading(log) as (revoked, reader):
        await database.write(REVOKE, 1)
        await revoked.until(lambda seen: 1 in seen)
        # Ids belong to other events than before, as after restoring a backup.
        await database.write("DELETE FROM events")
        await database.write(
            "INSERT INTO events (kind, actor_id, subject_id, transaction) "
            "VALUES ('session_revoked', 7, 2, 1)"
        )
        reader.wake()
        await revoked.until(lambda seen: 2 in seen)
        await database.write(REVOKE, 3)
        await revoked.until(lambda seen: 3 in seen)


async def test_it_continues_after_terminated_connections_and_unexpected_errors(
    database: Database, log: EventLog, monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    errors: list[Exception] = [LookupError("a bug"), DatabaseUnavailable("down"), OSError()]
    read = log.revocations_since

    async def failing(*arguments: Any, **named: Any) -> Any:
        if errors:
            raise errors.pop()
        return await read(*arguments, **named)

    async with reading(log) as (revoked, reader):
        monkeypatch.setattr(log, "revocations_since", failing)
        for number in range(3):
            await database.write(REVOKE, number)
            await database.fetch(TERMINATE_SESSIONS)
            reader.wake()
        await revoked.until(lambda seen: len(seen) == 3)
    assert not errors
    assert "trying again" in caplog.text


async def test_a_revocation_of_all_sessions_includes_only_earlier_sessions(
    database: Database, log: EventLog
) -> None:
    [[before]] = await database.write("SELECT time_ordered_key(now() - interval '1 second')")
    await database.write(REVOKE, None)
    [[after]] = await database.write("SELECT time_ordered_key(now() + interval '1 second')")
    [event] = await log.recent_revocations(timedelta(hours=1), limit=10)
    assert revokes_session(event, before)
    assert not revokes_session(event, after)
    await database.write(REVOKE, before)
    event, _ = await log.recent_revocations(timedelta(hours=1), limit=10)
    assert revokes_session(event, before)
    assert not revokes_session(event, after)


@pytest.mark.parametrize(
    ("statement", "arguments"),
    [
        (SQL.revocations_since, (1, 0, 0, [], 0, 0, 10)),
        (SQL.log_revocations, (timedelta(hours=1), 10)),
    ],
    ids=["revocations_since", "log_revocations"],
)
async def test_reads_scan_an_index_of_revocations_only(
    database: Database, log: EventLog, statement: str, arguments: tuple[Any, ...]
) -> None:
    await database.write(
        "INSERT INTO events (kind, actor_id) SELECT 'post_liked', n FROM generate_series(1, 5000) n"
    )
    await database.write(REVOKE, 1)
    async with database.connection() as connection:
        plan = await connection.fetch(f"EXPLAIN {statement}", *arguments)
    explained = "\n".join(row[0] for row in plan)
    assert "Seq Scan on events" not in explained
    assert "events_revocations" in explained or "events_recent_revocations" in explained
