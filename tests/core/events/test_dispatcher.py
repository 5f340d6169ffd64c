"""The dispatcher hears of events at once, and without Redis or after PostgreSQL was away all the same."""

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
from tests.core.events.test_log import elsewhere

ADD = "INSERT INTO events (kind, actor_id, post_id) VALUES ('post_liked', 1, $1)"
NOBODY = "redis://127.0.0.1:1/0"
CUT_OFF = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""


class Ear:
    """Hears events, and fails now and then if it is told to."""

    def __init__(self, *, has_subscribers: bool = True) -> None:
        self.has_subscribers = has_subscribers
        self.posts: asyncio.Queue[int | None] = asyncio.Queue()
        self.fail_before: set[int] = set()
        self._passed = START
        self.restarts = 0

    async def deliver(self, events: Sequence[EventRow], position: Position) -> None:
        assert all((event.transaction, event.id) <= position[:2] for event in events)
        for event in events:
            if event.post_id in self.fail_before:
                self.fail_before.remove(event.post_id)
                raise DatabaseUnavailable
            if self._passed.precedes(event.transaction, event.id):
                self._passed = Position(*event.identity)
                self.posts.put_nowait(event.post_id)

    async def restart(self) -> None:
        self.restarts += 1

    def force_resync(self, position: Position) -> None: ...

    async def heard(self, count: int) -> list[int | None]:
        return [await asyncio.wait_for(self.posts.get(), 20) for _ in range(count)]


@asynccontextmanager
async def listening(database: Database, redis_url: str) -> AsyncIterator[tuple[Ear, Notifier]]:
    notifier = Notifier(redis_url)
    dispatcher = Dispatcher(
        EventLog(database, CursorSigner(b"for tests"), retention=timedelta(hours=24)), notifier
    )
    ear = Ear()
    dispatcher.add(ear)
    await dispatcher.start()
    try:
        yield ear, notifier
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


async def test_a_ring_in_one_process_wakes_another(database: Database, redis_url: str) -> None:
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
            assert await there.heard(1) == [number]
            quickest = min(quickest, monotonic() - began)
            assert await here.heard(1) == [number]
        assert quickest < 0.5


async def test_without_a_ring_it_looks_by_itself(database: Database) -> None:
    async with listening(database, NOBODY) as (ear, notifier):
        await database.write(ADD, 1)
        assert await ear.heard(1) == [1]
        # Ringing costs nothing though nobody answers.
        began = thread_time()
        for _ in range(1_000):
            notifier.notify()
        assert thread_time() - began < 0.1
        assert not notifier.is_connected


async def test_it_comes_back_after_its_connections_were_cut(
    database: Database, redis_url: str
) -> None:
    async with listening(database, redis_url) as (ear, notifier):
        for number in range(6):
            await database.write(ADD, number)
            notifier.notify()
            if number % 2:
                await database.fetch(CUT_OFF)
        assert await ear.heard(6) == list(range(6))


async def test_what_could_not_be_delivered_is_delivered_again_in_order(
    database: Database, redis_url: str
) -> None:
    async with listening(database, redis_url) as (ear, notifier):
        ear.fail_before = {2, 3}
        async with database.transaction() as transaction:
            for number in range(5):
                await transaction.fetch(ADD, number)
        notifier.notify()
        assert await ear.heard(5) == list(range(5))


async def test_more_than_one_reading_holds_comes_whole(database: Database, redis_url: str) -> None:
    async with listening(database, redis_url) as (ear, notifier):
        await database.write(
            "INSERT INTO events (kind, actor_id, post_id) "
            "SELECT 'post_liked', 1, n FROM generate_series(0, 2499) n"
        )
        notifier.notify()
        assert await ear.heard(2_500) == list(range(2_500))


async def test_a_listener_that_breaks_stops_nobody(
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
    ear = Ear()
    dispatcher.add(Broken())
    dispatcher.add(ear)
    await dispatcher.start()
    try:
        await database.write(ADD, 1)
        notifier.notify()
        assert await ear.heard(1) == [1]
    finally:
        await dispatcher.close()
    assert "could not be delivered" in caplog.text


async def test_what_happens_before_somebody_listens_is_passed_over(
    database: Database, redis_url: str
) -> None:
    dispatcher = Dispatcher(
        EventLog(database, CursorSigner(b"for tests"), retention=timedelta(hours=24)),
        Notifier(redis_url),
    )
    ear = Ear(has_subscribers=False)
    dispatcher.add(ear)
    await dispatcher.start()
    try:
        before = dispatcher.position
        await database.write(ADD, 1)
        async with asyncio.timeout(20):
            while dispatcher.position == before:
                await database.fetch("SELECT")
        ear.has_subscribers = True
        dispatcher.subscriber_added()
        await database.write(ADD, 2)
        assert await ear.heard(1) == [2]
    finally:
        await dispatcher.close()


async def test_who_comes_while_the_log_is_passed_over_misses_nothing(
    database: Database, redis_url: str
) -> None:
    ear = Ear(has_subscribers=False)
    begun: list[bool] = []

    class Crowded(EventLog):
        """Somebody comes, and something happens, whenever its end is looked for without an audience."""

        async def end(self, foreign: Collection[int] = ()) -> Position:
            if begun:
                ear.has_subscribers = True
                await database.write(ADD, 7)
            return await super().end(foreign)

    dispatcher = Dispatcher(
        Crowded(database, CursorSigner(b"for tests"), retention=timedelta(hours=24)),
        Notifier(redis_url),
    )
    dispatcher.add(ear)
    await dispatcher.start()
    begun.append(True)
    try:
        assert await ear.heard(1) == [7]
    finally:
        await dispatcher.close()


async def test_who_writes_in_another_database_delays_nothing(
    database: Database, redis_url: str
) -> None:
    async with listening(database, redis_url) as (ear, notifier), elsewhere() as stranger:
        transaction = stranger.transaction()
        await transaction.start()
        await stranger.execute("CREATE TEMPORARY TABLE things (id int)")
        for number in range(3):
            await database.write(ADD, number)
            notifier.notify()
            assert await ear.heard(1) == [number]
        await transaction.rollback()


async def test_who_holds_events_back_is_named(
    database: Database,
    redis_url: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr("core.events.dispatcher.REPORT_SECONDS", 0.0001)

    def ages() -> dict[str, float]:
        [metric] = LOG_HOLDER.collect()
        return {sample.labels["process"]: sample.value for sample in metric.samples}

    async with listening(database, redis_url) as (ear, notifier), database.connection() as holder:
        pid = str(holder.get_server_pid())
        transaction = holder.transaction()
        await transaction.start()
        await holder.execute(ADD, 1)
        await database.write(ADD, 2)
        notifier.notify()
        async with asyncio.timeout(20):
            while not ages().get(pid):  # noqa: ASYNC110  # nothing tells of it
                await asyncio.sleep(0.01)
        await transaction.commit()
        assert await ear.heard(2) == [1, 2]
        async with asyncio.timeout(20):
            while ages()[pid]:  # noqa: ASYNC110  # as above
                await asyncio.sleep(0.01)
    assert f"process {pid}" in caplog.text


async def test_a_log_that_lacks_what_was_read_is_begun_anew(
    database: Database, redis_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with listening(database, redis_url) as (ear, notifier):
        for number in range(3):
            await database.write(ADD, number)
        notifier.notify()
        assert await ear.heard(3) == [0, 1, 2]
        await database.write("DELETE FROM events WHERE post_id = 2")
        async with asyncio.timeout(20):
            while not ear.restarts:  # noqa: ASYNC110  # nothing tells of it
                await asyncio.sleep(0.01)
        await database.write(ADD, 3)
        notifier.notify()
        assert await ear.heard(1) == [3]
    assert "judged anew" in caplog.text
