"""The dispatcher delivers events at once, and also without Redis and after PostgreSQL was unreachable."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from time import monotonic, thread_time

import pytest

from core.database.cursors import CursorSigner
from core.database.database import Database, DatabaseUnavailable
from core.events.dispatcher import Dispatcher
from core.events.dispatcher_metrics import LOG_HOLDER
from core.events.event_log import EventLog, EventRow
from core.events.log_positions import START, Position
from core.events.notifier import Notifier
from tests.core.events.test_log import other_database

ADD = "INSERT INTO events (kind, actor_id, post_id) VALUES ('post_liked', 1, $1)"
UNREACHABLE_REDIS = "redis://127.0.0.1:1/0"
TERMINATE_SESSIONS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""


class RecordingListener:
    """Records the posts of events. The delivery fails once before each post in `fail_before`."""

    def __init__(self, *, has_subscribers: bool = True) -> None:
        self.has_subscribers = has_subscribers
        self.posts: asyncio.Queue[int | None] = asyncio.Queue()
        self.fail_before: set[int] = set()
        self._position = START
        self.restarts = 0

    async def deliver(self, events: Sequence[EventRow], position: Position) -> None:
        assert all((event.transaction, event.id) <= position[:2] for event in events)
        for event in events:
            if event.post_id in self.fail_before:
                self.fail_before.remove(event.post_id)
                raise DatabaseUnavailable
            if self._position.precedes(event.transaction, event.id):
                self._position = Position(*event.identity)
                self.posts.put_nowait(event.post_id)

    async def restart(self) -> None:
        self.restarts += 1

    def force_resync(self, position: Position) -> None: ...

    async def delivered(self, count: int) -> list[int | None]:
        return [await asyncio.wait_for(self.posts.get(), 20) for _ in range(count)]


@asynccontextmanager
async def listening(
    database: Database, redis_url: str
) -> AsyncIterator[tuple[RecordingListener, Notifier]]:
    notifier = Notifier(redis_url)
    dispatcher = Dispatcher(
        EventLog(database, CursorSigner(b"for tests"), retention=timedelta(hours=24)), notifier
    )
    listener = RecordingListener()
    dispatcher.add(listener)
    await dispatcher.start()
    try:
        yield listener, notifier
    finally:
        await dispatcher.close()


@pytest.fixture
def redis_url() -> str:
    return os.environ["REDIS_URL"]


async def connected(notifier: Notifier) -> None:
    deadline = monotonic() + 20
    while not notifier.is_connected:
        assert monotonic() < deadline
        await asyncio.sleep(0.01)


async def test_a_notification_wakes_other_processes(database: Database, redis_url: str) -> None:
    async with (
        listening(database, redis_url) as (here, notifier),
        listening(database, redis_url) as (there, other),
    ):
        await connected(other)
        quickest = 10.0
        for number in range(5):
            began = monotonic()
            await database.write(ADD, number)
            notifier.notify()
            assert await there.delivered(1) == [number]
            quickest = min(quickest, monotonic() - began)
            assert await here.delivered(1) == [number]
        assert quickest < 0.5


async def test_without_a_notification_it_polls(database: Database) -> None:
    async with listening(database, UNREACHABLE_REDIS) as (listener, notifier):
        await database.write(ADD, 1)
        assert await listener.delivered(1) == [1]
        # `notify` stays cheap without Redis.
        began = thread_time()
        for _ in range(1_000):
            notifier.notify()
        assert thread_time() - began < 0.1
        assert not notifier.is_connected


async def test_it_continues_after_its_connections_were_terminated(
    database: Database, redis_url: str
) -> None:
    async with listening(database, redis_url) as (listener, notifier):
        for number in range(6):
            await database.write(ADD, number)
            notifier.notify()
            if number % 2:
                await database.fetch(TERMINATE_SESSIONS)
        assert await listener.delivered(6) == list(range(6))


async def test_a_failed_delivery_is_retried_in_order(database: Database, redis_url: str) -> None:
    async with listening(database, redis_url) as (listener, notifier):
        listener.fail_before = {2, 3}
        async with database.transaction() as transaction:
            for number in range(5):
                await transaction.fetch(ADD, number)
        notifier.notify()
        assert await listener.delivered(5) == list(range(5))


async def test_more_events_than_one_read_returns_are_all_delivered(
    database: Database, redis_url: str
) -> None:
    async with listening(database, redis_url) as (listener, notifier):
        await database.write(
            "INSERT INTO events (kind, actor_id, post_id) "
            "SELECT 'post_liked', 1, n FROM generate_series(0, 2499) n"
        )
        notifier.notify()
        assert await listener.delivered(2_500) == list(range(2_500))


async def test_a_failing_listener_does_not_stop_the_others(
    database: Database, redis_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken:
        has_subscribers = True

        async def deliver(self, events: Sequence[EventRow], position: Position) -> None:
            raise LookupError(len(events), position)

        async def restart(self) -> None: ...

        def force_resync(self, position: Position) -> None: ...

    notifier = Notifier(redis_url)
    dispatcher = Dispatcher(
        EventLog(database, CursorSigner(b"for tests"), retention=timedelta(hours=24)), notifier
    )
    listener = RecordingListener()
    dispatcher.add(Broken())
    dispatcher.add(listener)
    await dispatcher.start()
    try:
        await database.write(ADD, 1)
        notifier.notify()
        assert await listener.delivered(1) == [1]
    finally:
        await dispatcher.close()
    assert "could not be delivered" in caplog.text


async def test_events_before_the_first_subscriber_are_skipped(
    database: Database, redis_url: str
) -> None:
    dispatcher = Dispatcher(
        EventLog(database, CursorSigner(b"for tests"), retention=timedelta(hours=24)),
        Notifier(redis_url),
    )
    listener = RecordingListener(has_subscribers=False)
    dispatcher.add(listener)
    await dispatcher.start()
    try:
        before = dispatcher.position
        await database.write(ADD, 1)
        async with asyncio.timeout(20):
            while dispatcher.position == before:
                await database.fetch("SELECT")
        listener.has_subscribers = True
        dispatcher.subscriber_added()
        await database.write(ADD, 2)
        assert await listener.delivered(1) == [2]
    finally:
        await dispatcher.close()


async def test_a_subscriber_added_while_events_are_skipped_misses_none(
    database: Database, redis_url: str
) -> None:
    listener = RecordingListener(has_subscribers=False)
    started: list[bool] = []

    class LogWithLateSubscriber(EventLog):
        """A subscriber is added and an event is written whenever the end of the log is read."""

        async def end(self, foreign: Collection[int] = ()) -> Position:
            if started:
                listener.has_subscribers = True
                await database.write(ADD, 7)
            return await super().end(foreign)

    dispatcher = Dispatcher(
        LogWithLateSubscriber(database, CursorSigner(b"for tests"), retention=timedelta(hours=24)),
        Notifier(redis_url),
    )
    dispatcher.add(listener)
    await dispatcher.start()
    started.append(True)
    try:
        assert await listener.delivered(1) == [7]
    finally:
        await dispatcher.close()


async def test_a_transaction_of_another_database_delays_no_event(
    database: Database, redis_url: str
) -> None:
    async with listening(database, redis_url) as (listener, notifier), other_database() as other:
        transaction = other.transaction()
        await transaction.start()
        await other.execute("CREATE TEMPORARY TABLE things (id int)")
        for number in range(3):
            await database.write(ADD, number)
            notifier.notify()
            assert await listener.delivered(1) == [number]
        await transaction.rollback()


async def test_the_session_that_holds_events_back_is_reported(
    database: Database,
    redis_url: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr("core.events.dispatcher.REPORT_SECONDS", 0.0001)

    def ages() -> dict[str, float]:
        [metric] = LOG_HOLDER.collect()
        return {sample.labels["process"]: sample.value for sample in metric.samples}

    async with (
        listening(database, redis_url) as (listener, notifier),
        database.connection() as holder,
    ):
        pid = str(holder.get_server_pid())
        transaction = holder.transaction()
        await transaction.start()
        await holder.execute(ADD, 1)
        await database.write(ADD, 2)
        notifier.notify()
        async with asyncio.timeout(20):
            while not ages().get(pid):  # noqa: ASYNC110  # metrics have no event
                await asyncio.sleep(0.01)
        await transaction.commit()
        assert await listener.delivered(2) == [1, 2]
        async with asyncio.timeout(20):
            while ages()[pid]:  # noqa: ASYNC110  # as above
                await asyncio.sleep(0.01)
    assert f"process {pid}" in caplog.text


async def test_it_restarts_at_the_end_of_a_replaced_log(
    database: Database, redis_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with listening(database, redis_url) as (listener, notifier):
        for number in range(3):
            await database.write(ADD, number)
        notifier.notify()
        assert await listener.delivered(3) == [0, 1, 2]
        await database.write("DELETE FROM events WHERE post_id = 2")
        async with asyncio.timeout(20):
            while not listener.restarts:  # noqa: ASYNC110  # a plain counter
                await asyncio.sleep(0.01)
        await database.write(ADD, 3)
        notifier.notify()
        assert await listener.delivered(1) == [3]
    assert "was replaced by another one" in caplog.text
