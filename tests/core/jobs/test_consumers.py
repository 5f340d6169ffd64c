"""Each consumer handles each event of the log once, in order, whatever fails."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from datetime import timedelta

import pytest

from core.database.cursors import CursorSigner
from core.database.database import Database, DatabaseUnavailable, Transaction
from core.events.event_log import EventLog, EventRow
from core.jobs import consumer_runner
from core.jobs.backoff import pause_before_retry
from core.jobs.consumer_runner import ConsumerRunner
from core.jobs.registry import Consumer, consumer, job
from tests.core.events.test_log import expire, other_database
from tests.core.jobs.conftest import until, working
from tests.core.jobs.effects import EFFECT, EVENT, POISON, causes

pytestmark = pytest.mark.usefixtures("effects_table")
HANDLED = "NOT EXISTS (SELECT FROM events e, event_consumers c WHERE (e.transaction, e.id) > (c.transaction, c.event))"


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consumer_runner, "MAX_RETRY_SECONDS", 0.05)


async def add_events(database: Database, *posts: int) -> None:
    for post in posts:
        await database.write(EVENT, post)


async def test_events_are_handled_once_in_order_by_workers_side_by_side(database: Database) -> None:
    async with working(), working(), working():
        await until(database, "EXISTS (SELECT FROM event_consumers)")
        await add_events(database, *range(0, 400, 2))
        await until(database, HANDLED)
    assert await causes(database) == [f"event {post}" for post in range(0, 400, 2)]


async def test_an_event_of_a_transaction_that_commits_late_is_handled(database: Database) -> None:
    async with working():
        await until(database, "EXISTS (SELECT FROM event_consumers)")
        async with database.transaction() as late:
            await late.fetch(EVENT, 2)
            await add_events(database, 4)
            await asyncio.sleep(0.2)
            assert await causes(database) == []
        await until(database, "(SELECT count(*) = 2 FROM effects)")
    assert await causes(database) == ["event 2", "event 4"]


async def test_a_clock_that_was_set_back_stops_no_consumer(database: Database) -> None:
    await add_events(database, 2)
    await database.write(
        "INSERT INTO event_consumers (name, transaction, event, microsecond, leased_until)"
        " VALUES ('effects', 0, 0, 0, now() + interval '1 hour')"
    )
    async with working():
        await until(database, HANDLED)
    assert await causes(database) == ["event 2"]


async def test_a_consumer_starts_at_the_end_of_the_log_or_at_its_beginning(
    database: Database,
) -> None:
    await add_events(database, 2)
    handled: list[tuple[str, int | None]] = []

    def recorded(name: str) -> Consumer:
        async def consume(_: Transaction, events: Sequence[EventRow]) -> None:
            handled.extend((name, event.post_id) for event in events)

        return Consumer(name, consume, from_end=name == "end", events_at_once=10)

    log = EventLog(database, CursorSigner(b"for tests"), retention=timedelta(hours=24))
    consumers = {name: recorded(name) for name in ("end", "beginning")}
    runner = ConsumerRunner(database, log, consumers, on_commit=lambda: None)
    await runner.register()
    await add_events(database, 4)
    while await runner.start_due() or runner.runs:  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    assert sorted(handled) == [("beginning", 2), ("beginning", 4), ("end", 4)]


async def test_transactions_of_other_databases_hold_no_consumer_back(database: Database) -> None:
    handled: list[int | None] = []

    async def consume(_: Transaction, events: Sequence[EventRow]) -> None:
        handled.extend(event.post_id for event in events)

    log = EventLog(database, CursorSigner(b"for tests"), retention=timedelta(hours=24))
    consumers = {"recorded": Consumer("recorded", consume, from_end=True, events_at_once=10)}
    runner = ConsumerRunner(database, log, consumers, on_commit=lambda: None)
    await runner.register()
    async with other_database() as other, other.transaction():
        await other.fetchval("SELECT pg_current_xact_id()")
        await add_events(database, 2)
        assert await runner.start_due() == 1
        while runner.runs:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    assert handled == [2]


async def test_transactions_of_other_databases_are_forgotten_when_the_database_was_away(
    database: Database,
) -> None:
    async def consume(_: Transaction, _events: Sequence[EventRow]) -> None:
        raise DatabaseUnavailable("away")

    log = EventLog(database, CursorSigner(b"for tests"), retention=timedelta(hours=24))
    consumers = {"away": Consumer("away", consume, from_end=True, events_at_once=10)}
    runner = ConsumerRunner(database, log, consumers, on_commit=lambda: None)
    await runner.register()
    await add_events(database, 2)
    runner.foreign = [1]
    assert await runner.start_due() == 1
    while runner.runs:  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    assert not runner.foreign


async def test_an_event_that_always_fails_becomes_a_dead_job_and_the_others_are_handled(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL)
    posts = [*range(2, 80, 2), POISON, *range(82, 120, 2)]
    async with database.transaction() as transaction:
        for post in posts:
            await transaction.fetch(EVENT, post)
    await database.write("INSERT INTO event_consumers VALUES ('effects', 0, 0, 0)")
    async with working():
        await until(database, HANDLED)
    assert await causes(database) == [f"event {post}" for post in posts if post != POISON]
    [[arguments, error]] = await database.fetch(
        "SELECT arguments::text, error FROM jobs WHERE failed_at IS NOT NULL"
    )
    assert '"consumer": "effects"' in arguments
    assert str(POISON) in arguments
    assert error == "ValueError: this event can't be handled"


@pytest.mark.parametrize("error", [SystemExit(1), asyncio.CancelledError()], ids=repr)
async def test_a_consumer_that_raises_what_would_end_its_task_is_tried_again(
    database: Database, error: BaseException
) -> None:
    errors = [error]

    async def consume(transaction: Transaction, events: Sequence[EventRow]) -> None:
        await transaction.fetch(EFFECT, f"event {events[0].post_id}", None)
        if errors:
            raise errors.pop()

    log = EventLog(database, CursorSigner(b"for tests"), retention=timedelta(hours=24))
    one = Consumer("one", consume, from_end=True, events_at_once=10)
    runner = ConsumerRunner(database, log, {"one": one}, on_commit=lambda: None)
    await runner.register()
    await add_events(database, 2)
    async with asyncio.timeout(20):
        while await database.fetch("SELECT FROM effects") == []:
            await runner.start_due()
            await asyncio.sleep(0.01)
    await runner.end(grace_seconds=5, cancel_seconds=5)
    assert errors == []
    assert await causes(database) == ["event 2"]


async def test_a_dead_event_that_is_retried_is_handled(
    database: Database, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL)
    monkeypatch.setattr(consumer_runner, "ATTEMPTS", 1)
    await database.write("INSERT INTO event_consumers VALUES ('effects', 0, 0, 0)")
    await add_events(database, POISON)
    async with working():
        await until(database, HANDLED)
        monkeypatch.setattr("tests.core.jobs.effects.POISON", 0)
        await database.write("UPDATE jobs SET failed_at = NULL, run_at = now()")
        await until(database, "NOT EXISTS (SELECT FROM jobs)")
    assert await causes(database) == [f"event {POISON}"]


async def test_an_event_with_which_workers_end_becomes_a_dead_job(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL)
    await add_events(database, 2, 4)
    # As after batches whose workers were killed.
    await database.write(
        "INSERT INTO event_consumers VALUES ('effects', 0, 0, 0, $1)", consumer_runner.MAX_BEGUN
    )
    async with working():
        await until(database, HANDLED)
    assert await causes(database) == ["event 4"]
    [[error]] = await database.fetch("SELECT error FROM jobs")
    assert error == "8 batches with it were begun and none ended."


async def test_a_batch_that_ignores_its_timeout_counts_as_begun(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumer_runner, "BATCH_SECONDS", 0.05)
    monkeypatch.setattr("core.jobs.runs.CANCELLED_SECONDS", 0.05)

    async def consume(transaction: Transaction, events: Sequence[EventRow]) -> None:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            await asyncio.sleep(60)

    log = EventLog(database, CursorSigner(b"for tests"), retention=timedelta(hours=24))
    one = Consumer("one", consume, from_end=True, events_at_once=10)
    runner = ConsumerRunner(database, log, {"one": one}, on_commit=lambda: None)
    await runner.register()
    await add_events(database, 2)
    async with asyncio.timeout(20):
        while not runner.runs.stuck():
            await runner.start_due()
            await asyncio.sleep(0.01)
    await runner.end(grace_seconds=0, cancel_seconds=5)
    [row] = await database.fetch("SELECT attempts, lease IS NULL FROM event_consumers")
    assert tuple(row) == (1, False)


async def test_a_batch_whose_lease_was_lost_is_rolled_back(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL)
    began, goes_on = asyncio.Event(), asyncio.Event()

    async def consume(transaction: Transaction, events: Sequence[EventRow]) -> None:
        await transaction.fetch(EFFECT, f"event {events[0].post_id}", None)
        began.set()
        await goes_on.wait()

    log = EventLog(database, CursorSigner(b"for tests"), retention=timedelta(hours=24))
    one = Consumer("one", consume, from_end=True, events_at_once=10)
    first, second = (
        ConsumerRunner(database, log, {"one": one}, on_commit=lambda: None) for _ in range(2)
    )
    await first.register()
    await add_events(database, 2)
    assert await first.start_due() == 1
    await began.wait()
    assert await second.start_due() == 0
    await database.write("UPDATE event_consumers SET leased_until = now()")
    assert await second.start_due() == 1
    goes_on.set()
    while first.runs or second.runs:  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    assert await causes(database) == ["event 2"]


async def test_a_position_from_another_cluster_begins_again(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL)
    await database.write("INSERT INTO event_consumers VALUES ('effects', 1::bigint << 60, 7, 0)")
    await add_events(database, 2)
    async with working():
        await until(database, "EXISTS (SELECT FROM effects)")
    assert await causes(database) == ["event 2"]


async def test_events_that_a_consumer_has_not_handled_do_not_expire(database: Database) -> None:
    log = EventLog(database, CursorSigner(b"for tests"), retention=timedelta(hours=24))
    await add_events(database, *range(6))
    await database.write("UPDATE events SET created_at = now() - interval '25 hours'")
    [third] = await database.fetch(
        "SELECT transaction, id FROM events ORDER BY id OFFSET 2 LIMIT 1"
    )
    await database.write("INSERT INTO event_consumers VALUES ('effects', $1, $2, 0)", *third)
    assert await expire(log) == 2
    assert [row[0] for row in await database.fetch("SELECT post_id FROM events ORDER BY id")] == [
        2,
        3,
        4,
        5,
    ]
    await database.write("DELETE FROM event_consumers")
    assert await expire(log) == 3


def test_a_name_is_registered_once() -> None:
    for register in (consumer("effects"), job("effects.slow")):
        with pytest.raises(ValueError, match="registered twice"):
            register(None)  # type: ignore[arg-type]  # refused before it is looked at


def test_pauses_grow_and_differ() -> None:
    for attempts, seconds in ((1, 1), (2, 2), (5, 16), (40, 600)):
        pauses = {pause_before_retry(attempts).total_seconds() for _ in range(50)}
        assert len(pauses) > 40
        assert all(seconds / 2 <= pause <= seconds * 1.5 for pause in pauses)
