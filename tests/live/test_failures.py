"""After any failure, a client that reconnects receives exactly the log's events, in order, and no write is lost."""

from __future__ import annotations

import asyncio
import random
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, suppress
from functools import partial

import pytest
from websockets.exceptions import WebSocketException

from core.database.database import Database, DatabaseUnavailable
from core.events.notifier import Notifier
from core.ids import global_id
from tests.benchmarks.rounds import ADD_EVENTS, EVENTS, KINDS, Rounds
from tests.interactions.cast import create_posts, create_users
from tests.live.crash import crash_round
from tests.live.kills import KINDS as KILLED
from tests.live.kills import kill_under_load, problems
from tests.live.surroundings import Surroundings, surroundings
from tests.live.world import (
    Closed,
    Unavailable,
    WebSocketClient,
    eventually,
    open_websocket,
    operation,
    websocket_client,
)

ADD = "INSERT INTO events (kind, actor_id, post_id, client_mutation_id) VALUES ('post_liked', $1, $2, $3)"
LOG = "SELECT client_mutation_id FROM events WHERE post_id = ANY($1) ORDER BY transaction, id"
DELETED = (OSError, WebSocketException, Closed, Unavailable, TimeoutError)
PAUSE_SECONDS = 0.1
"""Of a writer after each transaction. Servers take seconds to start, and each client receives all that is written."""
PHONES = 12
POSTS = 3
EVENTS_OF_EACH = 31
"""Each needs more than two connections for as many."""


@pytest.fixture(scope="module")
def around(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Surroundings]:
    with surroundings(tmp_path_factory.mktemp("around")) as found:
        yield found


@pytest.fixture
async def database(around: Surroundings) -> AsyncIterator[Database]:
    opened = await Database(around.postgres.url, size=8).open()
    await opened.write("TRUNCATE users, events CASCADE")
    yield opened
    await opened.close()


@pytest.fixture
async def notifier(around: Surroundings) -> AsyncIterator[Notifier]:
    """Rings as another process would."""
    opened = Notifier(around.valkey.url)
    await opened.open(lambda: None)
    yield opened
    await opened.close()


class Wanderer:
    """A client that loses its connection again and again, and resumes from the last event that it received."""

    def __init__(self, around: Surroundings, posts: list[int], chance: random.Random) -> None:
        self.posts = posts
        self.received: list[str] = []
        self._around = around
        self._chance = chance
        self._cursor: str | None = None

    async def is_placed(self) -> bool:
        """Whether it has a cursor to resume from."""
        return self._cursor is not None

    async def has(self, count: int) -> bool:
        """Whether it has received so many events."""
        return len(self.received) >= count

    async def run(self, until: asyncio.Event) -> None:
        while not until.is_set():
            with suppress(*DELETED):
                await self._connect(until)
            await asyncio.sleep(self._chance.random() * 0.1)

    async def _connect(self, until: asyncio.Event) -> None:
        address = self._around.address(self._chance.randrange(2))
        async with open_websocket(address) as opened:
            try:
                await opened.start()
                await self._watch(opened, until)
            finally:
                # A client without a network closes nothing.
                opened.connection.transport.abort()

    async def _watch(self, opened: WebSocketClient, until: asyncio.Event) -> None:
        ready = await opened.watch(self.posts, after=self._cursor)
        assert ready["resumed"] is (self._cursor is not None)
        self._cursor = self._cursor or ready["cursor"]
        lost_after = self._chance.expovariate(1 / 15)
        while not until.is_set() and lost_after > 0:
            async with asyncio.timeout(0.5):
                event = await opened.event()
            assert event["__typename"] == "PostLiked", event
            self.received.append(event["clientMutationId"])
            self._cursor = event["cursor"]
            lost_after -= 1


class Writers:
    """Short and long transactions that overlap, on whatever is up."""

    def __init__(
        self, database: Database, actor: int, posts: list[int], notifier: Notifier
    ) -> None:
        self._database = database
        self._actor = actor
        self._posts = posts
        self._notifier = notifier
        self._count = 0

    async def run(self, until: asyncio.Event, chance: random.Random) -> None:
        while not until.is_set():
            with suppress(DatabaseUnavailable):
                await self._write(chance)
            self._notifier.notify()
            await asyncio.sleep(PAUSE_SECONDS)

    async def _write(self, chance: random.Random) -> None:
        async with self._database.transaction() as transaction:
            for _ in range(chance.choice([1, 1, 1, 3])):
                self._count += 1
                post = chance.choice(self._posts)
                await transaction.fetch(ADD, self._actor, post, str(self._count))
                await asyncio.sleep(chance.choice([0.0, 0.01, 0.01, 0.15]))


async def has_events(database: Database, posts: list[int]) -> bool:
    """Whether enough is written for a client of the posts; a busy machine takes longer."""
    with suppress(DatabaseUnavailable):
        return len(await database.fetch(LOG, posts)) >= EVENTS_OF_EACH
    return False


async def endure(
    around: Surroundings, database: Database, trouble: Callable[[], Awaitable[None]]
) -> None:
    """Writes and reconnects during failures; then every client must have all events."""
    (actor,) = await create_users(database, 1)
    posts = await create_posts(database, actor, POSTS)
    chance = random.Random(7)
    wanderers = [
        Wanderer(around, chance.sample(posts, chance.randint(1, POSTS)), random.Random(number))
        for number in range(PHONES)
    ]
    notifier = Notifier(around.valkey.url)
    await notifier.open(lambda: None)
    done_writing, done_reading = asyncio.Event(), asyncio.Event()
    reading = [asyncio.create_task(wanderer.run(done_reading)) for wanderer in wanderers]
    for wanderer in wanderers:
        await eventually(wanderer.is_placed)
    writers = Writers(database, actor, posts, notifier)
    writing = [
        asyncio.create_task(writers.run(done_writing, random.Random(number))) for number in range(4)
    ]
    await trouble()
    for wanderer in wanderers:
        await eventually(partial(has_events, database, wanderer.posts), seconds=60)
    done_writing.set()
    await asyncio.gather(*writing)
    try:
        for wanderer in wanderers:
            expected = [row[0] for row in await database.fetch(LOG, wanderer.posts)]
            assert len(expected) >= EVENTS_OF_EACH
            # Each needs a connection for fifteen events, and on a slow machine there are more than a thousand.
            await eventually(partial(wanderer.has, len(expected)), seconds=100)
            assert wanderer.received == expected
    finally:
        done_reading.set()
        try:
            await asyncio.gather(*reading)
        finally:
            await notifier.close()


async def test_no_gap_after_lost_connections(around: Surroundings, database: Database) -> None:
    await endure(around, database, lambda: asyncio.sleep(3))


async def test_no_gap_after_killed_servers(around: Surroundings, database: Database) -> None:
    async def trouble() -> None:
        for number in (0, 1, 0):
            await asyncio.sleep(0.5)
            await around.kill_web(number)

    await endure(around, database, trouble)


async def test_no_gap_after_a_killed_cache(around: Surroundings, database: Database) -> None:
    async def trouble() -> None:
        await asyncio.sleep(0.5)
        await around.restart_valkey(away=3)
        await asyncio.sleep(1)

    await endure(around, database, trouble)


async def test_no_gap_after_a_database_restart(around: Surroundings, database: Database) -> None:
    async def trouble() -> None:
        for _ in range(2):
            await asyncio.sleep(1)
            await around.restart_postgres()
        await asyncio.sleep(1)

    await endure(around, database, trouble)


async def test_a_write_through_one_server_reaches_subscribers_of_the_other(
    around: Surroundings, database: Database
) -> None:
    (actor,) = await create_users(database, 1)
    (post,) = await create_posts(database, actor)
    async with (
        websocket_client(around.address(0)) as one,
        websocket_client(around.address(1)) as other,
    ):
        for watcher in (one, other):
            await watcher.watch([post])
        await database.write(ADD, actor, post, "here")
        for watcher in (one, other):
            assert (await watcher.event())["clientMutationId"] == "here"


ALIASES = " ".join(f"a{number}: clientMutationId" for number in range(16))
HEAVY = operation("PostInteractions").replace(
    "... on PostLiked {", f"... on PostLiked {{ {ALIASES}", 1
)
"""Each event has more than a kilobyte."""
ADD_MANY = """
INSERT INTO events (kind, actor_id, post_id, client_mutation_id)
SELECT 'post_liked', $1, $2, lpad(n::text, 60, '0') FROM generate_series($3::int, $4::int) n
"""


@pytest.mark.timeout(300)
async def test_a_client_that_stops_reading_must_resync_and_costs_little(
    around: Surroundings, database: Database, notifier: Notifier
) -> None:
    (actor,) = await create_users(database, 1)
    (post,) = await create_posts(database, actor)
    # So few readers that the test ends before they are cut off for reading nothing, on a busy machine too; and more
    # bytes for each than the kernel's buffers hold: at most 4 MB of the server, and little of the client.
    count, step, readers = 6_000, 500, 4
    async with AsyncExitStack() as stack:
        slow = [
            await stack.enter_async_context(
                websocket_client(around.address(0), socket=small_socket(around.ports[0]))
            )
            for _ in range(readers)
        ]
        quick = await stack.enter_async_context(websocket_client(around.address(0)))
        for watcher in (*slow, quick):
            await watcher.subscribe("1", HEAVY, postIds=[global_id("Post", post)])
            await watcher.event()
        await database.write(ADD, actor, post, "first")
        notifier.notify()
        for watcher in (*slow, quick):
            assert (await watcher.event())["clientMutationId"] == "first"
        for watcher in slow:
            watcher.connection.transport.pause_reading()
        before = around.memory(0)
        for first in range(1, count + 1, step):
            await database.write(ADD_MANY, actor, post, first, first + step - 1)
            notifier.notify()
            received = [int((await quick.event())["clientMutationId"]) for _ in range(step)]
            assert received == list(range(first, first + step))
        # All that was not read is more than twenty megabytes, most of which is in no buffer.
        assert around.memory(0) - before < 16 * 2**20
        resynced = 0
        for watcher in slow:
            watcher.connection.transport.resume_reading()
            resynced += await _has_to_resync(watcher, post, count)
        assert resynced > 0


def small_socket(port: int) -> socket.socket:
    """A connected socket with a small receive buffer. The kernel would let others grow to 6 MB."""
    opened = socket.socket()
    # Both before they are agreed. With the segments of loopback (64 KB) a client that reads again would not announce
    # that its buffer has room before it is empty, and the server's probes come less and less often.
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 64 * 1024)
    opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 1400)
    opened.connect(("127.0.0.1", port))
    opened.setblocking(False)
    return opened


async def _has_to_resync(watcher: WebSocketClient, post: int, count: int) -> bool:
    """Whether the queued events, which come in order, end with a resync. The client then resumes after them.

    A client that stalls before it has caught up gets them from the log at its own pace, all of them.
    """
    number = 0
    while (event := await watcher.event())["__typename"] == "PostLiked":
        number += 1
        assert int(event["clientMutationId"]) == number
        if number == count:
            return False
        cursor = event["cursor"]
    assert 0 < number < count
    assert (event["reason"], event["cursor"]) == ("TOO_SLOW", cursor)
    assert await watcher.receive() == {"type": "complete", "id": "1"}
    await watcher.watch([post], id="again", after=cursor)
    assert int((await watcher.event())["clientMutationId"]) == number + 1
    watcher.connection.transport.abort()
    return True


async def test_a_long_transaction_delays_but_loses_nothing(
    around: Surroundings, database: Database
) -> None:
    (actor,) = await create_users(database, 1)
    (post,) = await create_posts(database, actor)
    async with websocket_client(around.address(0)) as watcher:
        await watcher.watch([post])
        async with database.transaction() as long_one:
            await long_one.fetch(ADD, actor, post, "first")
            await database.write(ADD, actor, post, "second")
            async with websocket_client(around.address(1)) as newcomer:
                # Fresh while the transaction is open: what it commits later is still to come, and
                # what was committed before is not.
                ready = await newcomer.watch([post])
            await database.write(ADD, actor, post, "third")
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(watcher.connection.recv(), 0.5)
        received = [event["clientMutationId"] for event in await watcher.events(3)]
        assert received == ["first", "second", "third"]
    async with websocket_client(around.address(1)) as newcomer:
        await newcomer.watch([post], after=ready["cursor"])
        first, third = await newcomer.events(2)
        assert [first["clientMutationId"], third["clientMutationId"]] == ["first", "third"]
    async with websocket_client(around.address(0)) as newcomer:
        await newcomer.watch([post], after=first["cursor"])
        assert (await newcomer.event())["clientMutationId"] == "third"


@pytest.mark.parametrize("kind", KINDS)
async def test_memory_is_the_same_after_each_round_of_lost_connections(
    around: Surroundings, database: Database, notifier: Notifier, kind: str
) -> None:
    (actor,) = await create_users(database, 1)
    (post,) = await create_posts(database, actor)

    async def write_events() -> None:
        await database.write(ADD_EVENTS, actor, post, EVENTS)
        notifier.notify()

    rounds = Rounds(around.address(0), around.pid(0), post, write_events)
    sizes: list[int] = []
    for _ in range(5):
        await rounds.run(kind, 250)
        sizes.append(around.memory(0))
    # Five kilobytes for each connection; without a leak it is a hundredth.
    assert sizes[-1] < sizes[0] * 1.05, sizes


@pytest.mark.parametrize("seed", range(3))
async def test_a_crash_of_postgresql_leaves_no_gap(around: Surroundings, seed: int) -> None:
    came = await crash_round(around, random.Random(seed))
    assert came.resumed
    assert (came.missed, came.missed_live, came.twice) == (0, 0, 0)


@pytest.mark.timeout(300)
async def test_each_kind_of_process_may_be_killed_at_any_moment(around: Surroundings) -> None:
    record = await kill_under_load(around, len(KILLED), random.Random(1))
    assert await problems(around, record) == {}, record.unclear[:5]
    assert len(record.posts) > 2 * len(KILLED)
    assert all(len(seconds) == 1 for seconds in record.away.values())
