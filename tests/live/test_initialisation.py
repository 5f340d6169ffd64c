"""While a connection's session is looked up, its client may disconnect, send more, or time out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial

import pytest

from core.database.database import Database
from core.graphql.websocket.websocket_connection import MAX_QUEUED
from tests.benchmarks.live_clients import HANDSHAKE, framed
from tests.live.raw_clients import CLOSE_FRAME, END_OF_HEAD, RawClient
from tests.live.world import (
    Closed,
    SignedInUser,
    WebSocketClient,
    eventually,
    open_websocket,
    serving,
    signed_in,
)

ASK = "{ viewer { id } }"
COUNT = 12
LOOK_UPS = """
SELECT pid FROM pg_stat_activity
WHERE wait_event_type = 'Lock' AND datname = current_database() AND query LIKE '%sessions%'
"""
Ends = Callable[[RawClient], None]


@pytest.fixture
async def user(database: Database) -> SignedInUser:
    (made,) = await signed_in(database, 1)
    return made


@asynccontextmanager
async def stalled(database: Database) -> AsyncIterator[None]:
    """Within it no session is found."""
    async with database.transaction() as transaction:
        await transaction.fetch("LOCK TABLE sessions IN ACCESS EXCLUSIVE MODE")
        yield


def look_ups(database: Database, *, at_least: int) -> Callable[[], Awaitable[bool]]:
    async def found() -> bool:
        count = len(await database.fetch(LOOK_UPS))
        return count >= at_least if at_least else not count

    return found


def init(user: SignedInUser) -> bytes:
    return framed({"type": "connection_init", "payload": {"authorization": user.authorization}})


@pytest.mark.parametrize(
    "ends",
    [
        RawClient.reset,
        lambda client: client.transport.close(),
        lambda client: client.send(CLOSE_FRAME),
    ],
    ids=["reset", "closed", "with a close frame"],
)
@pytest.mark.parametrize("says_more", [False, True])
async def test_a_disconnect_during_the_look_up_releases_everything(
    database: Database, user: SignedInUser, ends: Ends, says_more: bool
) -> None:
    with serving(connections_per_address=COUNT, pool_size=4) as address:
        async with stalled(database):
            clients = [await RawClient.connect(address) for _ in range(COUNT)]
            for client in clients:
                client.send(HANDSHAKE)
                await client.receives(END_OF_HEAD)
                client.send(init(user))
                if says_more:
                    client.send(framed({"type": "ping"}) * 3)
            await eventually(look_ups(database, at_least=4))
            for client in clients:
                ends(client)
            # No connection waits, and each has released its slot.
            await eventually(look_ups(database, at_least=0))
            for client in clients:
                await client.is_lost()
            async with AsyncExitStack() as stack:
                for _ in range(COUNT):
                    await eventually(partial(taken, address, stack))


async def taken(address: str, stack: AsyncExitStack) -> WebSocketClient | None:
    """One more anonymous client, if it is taken."""
    caller = await stack.enter_async_context(open_websocket(address))
    try:
        return await caller.start()
    except Closed:
        return None


async def test_a_slow_look_up_closes_with_try_again_later(
    database: Database, user: SignedInUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.graphql.live.connection_registry.SESSION_SECONDS", 0.5)
    with serving() as address:
        async with stalled(database), open_websocket(address) as caller:
            await caller.send(type="connection_init", payload={"authorization": user.authorization})
            with pytest.raises(Closed) as closed:
                await caller.receive()
            assert closed.value.code == 1013
            await eventually(look_ups(database, at_least=0))


async def test_messages_during_the_look_up_are_handled_after_it_in_order(
    address: str, database: Database, user: SignedInUser
) -> None:
    async with open_websocket(address) as caller:
        async with stalled(database):
            await caller.send(type="connection_init", payload={"authorization": user.authorization})
            await caller.subscribe("1", ASK)
            await caller.subscribe("2", "subscription { homeFeedEvents { __typename } }")
            await caller.send(type="complete", id="2")
            await caller.send(type="ping", payload={"last": True})
            await eventually(look_ups(database, at_least=1))
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.2):
                    await caller.connection.recv()
        assert await caller.receive() == {"type": "connection_ack"}
        assert await caller.receive() == {"type": "pong", "payload": {"last": True}}
        assert (await caller.receive())["payload"]["data"] == {"viewer": {"id": user.id}}
        assert await caller.receive() == {"type": "complete", "id": "1"}


@pytest.mark.parametrize(
    ("messages", "code"),
    [
        ([{"type": "connection_init"}], 4429),
        ([{"type": "ping"}] * (MAX_QUEUED + 1), 4429),
        ([{"type": "ping", "payload": {"x": "x" * 200_000}}] * 6, 4429),
        ([{"type": "nonsense"}], 4400),
    ],
    ids=["twice", "too many", "too much", "no message"],
)
async def test_an_invalid_message_during_the_look_up_ends_it(
    address: str,
    database: Database,
    user: SignedInUser,
    messages: list[dict[str, object]],
    code: int,
) -> None:
    async with stalled(database), open_websocket(address) as caller:
        await caller.send(type="connection_init", payload={"authorization": user.authorization})
        await eventually(look_ups(database, at_least=1))
        for message in messages:
            await caller.send(**message)
        with pytest.raises(Closed) as closed:
            await caller.receive()
        assert closed.value.code == code
        await eventually(look_ups(database, at_least=0))
