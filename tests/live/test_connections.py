"""Limits on open connections, by viewer and by address, and which connection is closed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from time import time
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed

from core.database.database import Database
from core.errors import ClientError
from core.graphql.live.connection_registry import (
    CONNECTIONS_PER_VIEWER,
    CloseReason,
    ConnectionRegistry,
)
from core.ip_networks import network_of
from tests.live.test_sse import ACCEPT, Stream, streaming
from tests.live.world import (
    TIMEOUT,
    Closed,
    SignedInUser,
    WebSocketClient,
    eventually,
    open_websocket,
    operation,
    serving,
    signed_in,
    websocket_client,
)

HOME = operation("HomeFeedEvents")
ASK = "{ publicFeed(first: 1) { edges { cursor } } }"


@pytest.fixture
async def user(database: Database) -> SignedInUser:
    (made,) = await signed_in(database, 1)
    return made


@pytest.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    """Holds connections until the test is over."""
    async with AsyncExitStack() as opened:
        yield opened


async def closing(watcher: WebSocketClient) -> Closed:
    """How the server closes, after whatever it still sends."""
    while True:
        try:
            await watcher.receive()
        except Closed as closed:
            return closed


async def is_served(watcher: WebSocketClient) -> bool:
    """Whether the connection is open, and answers."""
    try:
        await watcher.send(type="ping")
        while (message := await watcher.receive()) != {"type": "pong"}:
            assert message == {"type": "connection_ack"}
    except (Closed, ConnectionClosed):
        return False
    return True


async def home_stream(stack: AsyncExitStack, address: str, user: SignedInUser) -> Stream:
    """A stream of the person's home feed that has begun."""
    headers = {"authorization": user.authorization}
    stream = await stack.enter_async_context(streaming(address, HOME, headers=headers))
    assert (await stream.event())["__typename"] == "SubscriptionReady"
    return stream


async def test_one_more_socket_closes_the_viewers_oldest(
    address: str, user: SignedInUser, stack: AsyncExitStack
) -> None:
    opened = [
        await stack.enter_async_context(websocket_client(address, user.authorization))
        for _ in range(CONNECTIONS_PER_VIEWER + 2)
    ]
    for watcher in opened[:2]:
        closed = await closing(watcher)
        assert (closed.code, closed.reason) == (4429, CloseReason.REPLACED.message)
    for watcher in opened[2:]:
        assert await is_served(watcher)


async def test_one_more_stream_completes_the_viewers_oldest(
    address: str, user: SignedInUser, stack: AsyncExitStack
) -> None:
    opened = [await home_stream(stack, address, user) for _ in range(CONNECTIONS_PER_VIEWER + 1)]
    assert await opened[0].next() == {"event": "complete", "data": None}
    with pytest.raises(EOFError):
        await opened[0].next()
    # Streams and sockets count together, the oldest first whichever it is.
    await stack.enter_async_context(websocket_client(address, user.authorization))
    assert (await opened[1].next())["event"] == "complete"


async def test_a_query_over_sse_ends_no_connection(
    address: str, user: SignedInUser, stack: AsyncExitStack
) -> None:
    oldest = await stack.enter_async_context(websocket_client(address, user.authorization))
    for _ in range(CONNECTIONS_PER_VIEWER - 1):
        await stack.enter_async_context(websocket_client(address, user.authorization))
    headers = {"authorization": user.authorization}
    for _ in range(3):
        async with streaming(address, ASK, headers=headers) as stream:
            assert "errors" not in (await stream.next())["data"]
    assert await is_served(oldest)


async def test_of_many_concurrent_connections_twenty_stay_open(
    address: str, database: Database, stack: AsyncExitStack
) -> None:
    user, other = await signed_in(database, 2)
    bystander = await stack.enter_async_context(websocket_client(address, other.authorization))
    earlier = [
        await stack.enter_async_context(websocket_client(address, user.authorization))
        for _ in range(19)
    ]
    opened = [await stack.enter_async_context(open_websocket(address)) for _ in range(25)]
    await asyncio.gather(
        *(
            watcher.send(type="connection_init", payload={"authorization": user.authorization})
            for watcher in opened
        )
    )
    for watcher in earlier:
        assert (await closing(watcher)).code == 4429
    for watcher in opened:
        await is_served(watcher)
    # Each has been admitted by now, so those that are closed will be no more.
    served = [await is_served(watcher) for watcher in opened]
    assert served.count(True) == CONNECTIONS_PER_VIEWER
    for watcher, is_open in zip(opened, served, strict=True):
        assert is_open or (await closing(watcher)).code == 4429
    assert await is_served(bystander)


async def test_a_token_of_an_ended_session_replaces_no_connection(
    address: str, database: Database, user: SignedInUser, stack: AsyncExitStack
) -> None:
    opened = [
        await stack.enter_async_context(websocket_client(address, user.authorization))
        for _ in range(CONNECTIONS_PER_VIEWER)
    ]
    (ended,) = await database.write(
        "INSERT INTO sessions (user_id, salt, token_hash, expires_at, revoked_at) "
        "VALUES ($1, '', '', now() + interval '1 day', now()) RETURNING id",
        user.key,
    )
    stolen = SignedInUser(user.key, ended[0])
    async with open_websocket(address) as refused:
        await refused.send(type="connection_init", payload={"authorization": stolen.authorization})
        assert (await closing(refused)).code == 4403
    for watcher in opened:
        assert await is_served(watcher)


async def test_connections_are_limited_by_address(
    django_db_setup: None, database: Database
) -> None:
    del django_db_setup
    with serving(connections_per_address=3) as address:
        async with AsyncExitStack() as stack:
            opened = [await stack.enter_async_context(websocket_client(address)) for _ in range(2)]
            query = operation("PostInteractions")
            stream = await stack.enter_async_context(
                streaming(address, query, postIds=["UG9zdDox"])
            )
            await stream.event()
            async with open_websocket(address) as refused:
                closed = await closing(refused)
            assert closed.code == 4429
            assert "3 connections are open from 127.0.0.1" in closed.reason
            answer = await refused_stream(address)
            assert (answer.status_code, answer.headers["retry-after"]) == (429, "30")
            [error] = answer.json()["errors"]
            assert error["extensions"]["code"] == "TOO_MANY_CONNECTIONS"
            assert "127.0.0.1" in error["message"]
            # Requests that are answered at once are not counted.
            async with httpx.AsyncClient(timeout=TIMEOUT) as client:
                asked = await client.post(f"http://{address}/graphql/", json={"query": ASK})
            assert asked.status_code == 200
            # The place of one that was cut off is free again.
            opened[0].connection.transport.abort()

            async def is_taken() -> bool:
                async with open_websocket(address) as again:
                    try:
                        await again.start()
                    except Closed:
                        return False
                    return True

            assert await eventually(is_taken)


async def refused_stream(address: str) -> httpx.Response:
    async with httpx.AsyncClient(timeout=TIMEOUT) as client:
        sent = {"query": operation("PostInteractions"), "variables": {"postIds": ["UG9zdDox"]}}
        return await client.post(f"http://{address}/graphql/", json=sent, headers=ACCEPT)


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::9", "2001:db8:1:3::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("fe80::1%eth0", "fe80::/64"),
        ("unknown", "unknown"),
        ("", ""),
    ],
)
def test_addresses_of_one_network_count_together(address: str, network: str) -> None:
    assert network_of(address) == network


class Token:
    """The claims of an access token of the tests."""

    def __init__(self, viewer_id: int, session_id: int = 1) -> None:
        self.viewer_id = viewer_id
        self.session_id = session_id
        self.expires_at = time() + 60


def connections(**changed: Any) -> ConnectionRegistry:
    async def session_is_live(session_id: int) -> bool:
        await asyncio.sleep(0)
        return session_id > 0

    def read_token(authorization: str) -> Token:
        return Token(1, int(authorization))

    return ConnectionRegistry(read_token, session_is_live, **{"per_address": 100, **changed})


async def test_close_all_ends_each_once_and_rejects_new_ones() -> None:
    opened = connections()
    endings: list[CloseReason] = []
    entered = [opened.register("192.0.2.1", endings.append) for _ in range(3)]
    await opened.admit(entered[0], "1")
    opened.close_all()
    opened.close_all()
    assert endings == [CloseReason.SHUTDOWN] * 3
    with pytest.raises(ClientError) as refused:
        opened.register("192.0.2.1", endings.append)
    assert refused.value.code == "UNAVAILABLE"
    for each in entered:
        opened.unregister(each)
    assert opened.count == 0


async def test_a_connection_ended_during_the_look_up_is_not_admitted() -> None:
    opened = connections()
    endings: list[CloseReason] = []
    entered = opened.register(None, endings.append)
    admitting = asyncio.create_task(opened.admit(entered, "1"))
    await asyncio.sleep(0)
    opened.close_all()
    await admitting
    assert endings == [CloseReason.SHUTDOWN]
    assert entered.admission == 0
    opened.unregister(entered)


async def test_a_cancelled_admission_releases_its_place() -> None:
    opened = connections()
    endings: list[CloseReason] = []
    entered = [opened.register(None, endings.append) for _ in range(CONNECTIONS_PER_VIEWER + 1)]
    for each in entered[:-1]:
        await opened.admit(each, "1")
    cancelled = asyncio.create_task(opened.admit(entered[-1], "1"))
    await asyncio.sleep(0)
    cancelled.cancel()
    await asyncio.wait([cancelled])
    assert cancelled.cancelled()
    assert endings == []
    for each in entered:
        opened.unregister(each)
    assert opened.count == 0
