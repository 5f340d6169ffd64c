"""When the database stalls during delivery, subscribers wait up to a deadline, then have to resume."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime

import pytest

from core.database.database import Database
from core.events.event_log import EventRow
from core.graphql.live.subscriber import MAX_BUFFERED_EVENTS, EventBuffer
from core.graphql.live.topic import WAITING_AT_ONCE
from core.ids import global_id
from tests.interactions.cast import block, create_posts
from tests.live.test_sse import streaming
from tests.live.world import (
    SignedInUser,
    WebSocketClient,
    eventually,
    operation,
    serving,
    signed_in,
    websocket_client,
)

DELIVERY_SECONDS = 1.0
ADD = "INSERT INTO events (kind, actor_id, post_id, client_mutation_id) VALUES ('post_liked', $1, $2, $3)"
WAITING = """
SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()
"""


@pytest.fixture(scope="module")
def hurried(django_db_setup: None) -> Iterator[str]:
    """The address of a server that gives up sooner."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("core.events.dispatcher.DELIVERY_SECONDS", DELIVERY_SECONDS)
        patch.setattr("core.graphql.live.topic.DELIVERY_SECONDS", DELIVERY_SECONDS)
        with serving() as address:
            yield address


class World:
    """A post, and events about it."""

    def __init__(self, database: Database, users: list[SignedInUser], post: int) -> None:
        self.database = database
        self.author, self.actor, self.viewer = users
        self.post = post
        self.ids = [global_id("Post", post)]

    @asynccontextmanager
    async def stalled(self, *events: str, table: str = "posts") -> AsyncIterator[None]:
        """Adds the events; within it nothing that concerns posts, or another table, can be read."""
        async with AsyncExitStack() as stack:
            async with self.database.transaction() as writer:
                for name in events:
                    await writer.fetch(ADD, self.actor.key, self.post, name)
                # The events' transaction has to be the older one: the log ends before the oldest that runs.
                locker = await stack.enter_async_context(self.database.transaction())
                await locker.fetch(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
            yield

    async def is_stuck(self) -> bool:
        return bool(await self.database.fetch(WAITING))


@pytest.fixture
async def world(database: Database) -> World:
    users = await signed_in(database, 3)
    (post,) = await create_posts(database, users[0].key)
    return World(database, users, post)


async def unavailable(watcher: WebSocketClient) -> None:
    """Returns when the watcher's subscription has ended as one to be resumed."""
    message = await watcher.receive()
    assert message["type"] == "error", message
    assert [error["extensions"]["code"] for error in message["payload"]] == ["UNAVAILABLE"]


async def test_a_live_subscriber_resumes_and_misses_nothing(hurried: str, world: World) -> None:
    async with websocket_client(hurried) as watcher:
        ready = await watcher.watch([world.post])
        async with world.stalled("a", "b"):
            await unavailable(watcher)
        # The connection is as it was, and so is the delivery to others.
        assert (await watcher.watch([world.post], after=ready["cursor"]))["resumed"]
        assert [each["clientMutationId"] for each in await watcher.events(2)] == ["a", "b"]
        await world.database.write(ADD, world.actor.key, world.post, "c")
        assert (await watcher.event())["clientMutationId"] == "c"


async def test_a_resuming_subscriber_must_resume_again(hurried: str, world: World) -> None:
    async with websocket_client(hurried) as watcher, websocket_client(hurried) as other:
        ready = await watcher.watch([world.post])
        await watcher.send(type="complete", id="1")
        async with world.stalled("a"):
            # More than are served at a time, so that none keeps the others out for ever.
            for number in range(8):
                query = operation("PostInteractions")
                await other.subscribe(str(number), query, postIds=world.ids, after=ready["cursor"])
            ended: set[str] = set()
            while len(ended) < 8:
                message = await other.receive()
                if message["type"] == "next":
                    [event] = message["payload"]["data"].values()
                    assert event["__typename"] == "SubscriptionReady"
                else:
                    assert message["payload"][0]["extensions"]["code"] == "UNAVAILABLE"
                    ended.add(message["id"])
        assert (await watcher.watch([world.post], after=ready["cursor"]))["resumed"]
        assert (await watcher.event())["clientMutationId"] == "a"


async def test_an_event_stream_ends_with_an_error(hurried: str, world: World) -> None:
    query = operation("PostInteractions")
    async with streaming(hurried, query, postIds=world.ids) as stream:
        ready = await stream.event()
        async with world.stalled("a"):
            [error] = (await stream.next())["data"]["errors"]
            assert error["extensions"]["code"] == "UNAVAILABLE"
            assert (await stream.next())["event"] == "complete"
    headers = {"last-event-id": ready["cursor"]}
    async with streaming(hurried, query, headers=headers, postIds=world.ids) as stream:
        assert (await stream.event())["resumed"]
        assert (await stream.event())["clientMutationId"] == "a"


READING = """
subscription($postIds: [ID!]!, $after: String) { postInteractions(postIds: $postIds, after: $after) {
    cursor
    ... on PostLiked { clientMutationId post { comments(first: 1) { edges { cursor } } } }
    ... on ResyncRequired { reason }
} }
"""


async def test_what_one_subscription_reads_delays_no_other(address: str, world: World) -> None:
    async with websocket_client(address) as reading, websocket_client(address) as watcher:
        await watcher.watch([world.post])
        await reading.subscribe("1", READING, postIds=world.ids)
        assert "cursor" in await reading.event()
        async with world.stalled("a", "b", table="comments"):
            assert [each["clientMutationId"] for each in await watcher.events(2)] == ["a", "b"]
            await eventually(world.is_stuck)
        await world.database.write(ADD, world.actor.key, world.post, "c")
        received = await reading.events(3)
        assert [each["clientMutationId"] for each in received] == ["a", "b", "c"]


async def test_who_is_blocked_while_waiting_for_a_turn_is_not_sent_the_event(
    address: str, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.graphql.live.subscriber.FRESH_SECONDS", 0)
    (other,) = await create_posts(world.database, world.actor.key)
    async with websocket_client(address, world.viewer.authorization) as reading:
        for number in range(WAITING_AT_ONCE + 2):
            ids = [*world.ids, global_id("Post", other)]
            await reading.subscribe(str(number), READING, postIds=ids)
            assert "cursor" in await reading.event()
        # Until they have it, they may be catching up, which has turns of its own.
        await world.database.write(ADD, world.actor.key, world.post, "first")
        await reading.events(WAITING_AT_ONCE + 2)
        async with world.stalled("a", table="comments"):
            await eventually(world.is_stuck)
            await block(world.database, world.author.key, world.viewer.key)
        await world.database.write(ADD, world.actor.key, other, "last")
        names: list[str] = []
        while names.count("last") < WAITING_AT_ONCE + 2:
            names.append((await reading.event())["clientMutationId"])
    # Those that had a turn had begun before the block.
    assert names.count("a") <= WAITING_AT_ONCE


async def test_a_subscription_that_reads_too_slowly_must_resume(address: str, world: World) -> None:
    names = [str(number) for number in range(MAX_BUFFERED_EVENTS + 10)]
    async with websocket_client(address) as reading, websocket_client(address) as watcher:
        await watcher.watch([world.post])
        await reading.subscribe("1", READING, postIds=world.ids)
        assert "cursor" in await reading.event()
        # Now the server has noticed that the log was emptied before.
        await world.database.write(ADD, world.actor.key, world.post, "before")
        assert (await watcher.event())["clientMutationId"] == "before"
        last = await reading.event()
        async with world.stalled(*names, table="comments"):
            for name in names:
                assert (await watcher.event())["clientMutationId"] == name
        resync = await reading.event()
        while "reason" not in resync:
            assert resync["clientMutationId"] == names.pop(0)
            last, resync = resync, await reading.event()
        assert resync == {"cursor": last["cursor"], "reason": "TOO_SLOW"}
        assert len(names) > 10
        await reading.subscribe("again", READING, postIds=world.ids, after=resync["cursor"])
        assert await reading.receive() == {"type": "complete", "id": "1"}
        assert "cursor" in await reading.event()
        for name in names:
            assert (await reading.event())["clientMutationId"] == name


def test_an_event_that_is_delivered_again_is_buffered_once() -> None:
    buffer = EventBuffer()
    at = datetime(2026, 1, 1, tzinfo=UTC)
    events = [EventRow(1, id, "post_liked", 1, 1, None, None, at) for id in (1, 2, 3)]
    for event in (*events[:2], *events):
        buffer.add(event)
    assert buffer.events == events


async def test_a_short_stall_ends_nothing(
    address: str, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Whatever the other server of this module has.
    monkeypatch.setattr("core.events.dispatcher.DELIVERY_SECONDS", 60)
    monkeypatch.setattr("core.graphql.live.topic.DELIVERY_SECONDS", 60)
    async with websocket_client(address) as watcher:
        await watcher.watch([world.post])
        async with world.stalled("a", "b"):
            await eventually(world.is_stuck)
            await asyncio.sleep(DELIVERY_SECONDS)
        assert [each["clientMutationId"] for each in await watcher.events(2)] == ["a", "b"]
