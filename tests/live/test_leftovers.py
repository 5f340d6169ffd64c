"""A closed connection is freed at once: none of its objects waits for the garbage collector."""

from __future__ import annotations

import asyncio
import gc
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from types import CoroutineType, FrameType, GeneratorType, TracebackType
from typing import Any

import pytest

from core.database.database import Database
from core.graphql.live.connection_registry import CONNECTIONS_PER_VIEWER
from core.ids import global_id
from tests.benchmarks.live_clients import HANDSHAKE, framed
from tests.interactions.cast import create_posts
from tests.live.raw_clients import (
    CLOSE_FRAME,
    END_OF_HEAD,
    RawClient,
    open_socket,
    open_stream,
    subscribe,
)
from tests.live.world import SignedInUser, eventually, operation, signed_in

COUNT = 30
PACKAGES = (
    "core.",
    "uvicorn.",
    "websockets.",
    "uvloop.",
    "httptools.",
    "asyncio.locks.",
    "asyncio.queues.",
)
STATES = (CoroutineType, FrameType, GeneratorType, TracebackType, asyncio.Task, asyncio.Future)
ASK = "{ publicFeed(first: 1) { edges { cursor } } }"
ADD = """
INSERT INTO events (kind, actor_id, post_id, client_mutation_id)
SELECT 'post_liked', $1, $2, n::text FROM generate_series(1, 3) n
"""
WRITE = 'mutation { createPost(input: {text: "kept"}) { post { id } } }'
READY = b"SubscriptionReady"


class World:
    """The users, and the post that they watch."""

    def __init__(
        self, address: str, database: Database, users: list[SignedInUser], post: int
    ) -> None:
        self.address = address
        self.database = database
        self.users = users
        self.post = post
        self.watched: dict[str, Any] = {"postIds": [global_id("Post", post)]}

    def authorization(self, number: int) -> str:
        """Of a viewer who stays within the bound of connections."""
        return self.users[number % len(self.users)].authorization

    async def write_events(self) -> None:
        await self.database.write(ADD, self.users[0].key, self.post)


@pytest.fixture
async def world(address: str, database: Database) -> World:
    users = await signed_in(database, 3)
    (post,) = await create_posts(database, users[0].key)
    return World(address, database, users, post)


Opens = Callable[[World, int], Awaitable[RawClient]]
Ends = Callable[[RawClient], Awaitable[None]]


async def bare(world: World, _: int) -> RawClient:
    return await RawClient.connect(world.address)


async def half_a_head(world: World, _: int) -> RawClient:
    client = await RawClient.connect(world.address)
    client.send(b"POST /graphql/ HTTP/1.1\r\nHost: localhost\r\n")
    return client


async def answered(world: World, _: int) -> RawClient:
    client = await RawClient.connect(world.address)
    for _ in range(2):
        client.send(b"GET /graphql/?query={__typename} HTTP/1.1\r\nHost: localhost\r\n\r\n")
        await client.receives(b"__typename")
    return client


async def upgraded(world: World, _: int) -> RawClient:
    client = await RawClient.connect(world.address)
    client.send(HANDSHAKE)
    await client.receives(END_OF_HEAD)
    return client


async def acknowledged(world: World, number: int) -> RawClient:
    return await open_socket(world.address, world.authorization(number))


async def subscribed(world: World, _: int) -> RawClient:
    client = await open_socket(world.address)
    subscribe(client, operation("PostInteractions"), **world.watched)
    await client.receives(READY)
    return client


async def subscribed_at_home(world: World, number: int) -> RawClient:
    client = await open_socket(world.address, world.authorization(number))
    subscribe(client, operation("HomeFeedEvents"))
    await client.receives(READY)
    return client


async def completed(world: World, _: int) -> RawClient:
    client = await open_socket(world.address)
    subscribe(client, ASK)
    await client.receives(b'"complete"')
    subscribe(client, "{ wrong }")
    await client.receives(b'"error"')
    return client


async def streaming(world: World, _: int) -> RawClient:
    client = await open_stream(world.address, operation("PostInteractions"), **world.watched)
    await client.receives(READY)
    return client


async def streaming_at_home(world: World, number: int) -> RawClient:
    query, token = operation("HomeFeedEvents"), world.authorization(number)
    client = await open_stream(world.address, query, token)
    await client.receives(READY)
    return client


async def stream_completed(world: World, _: int) -> RawClient:
    client = await open_stream(world.address, ASK)
    await client.receives(b"event: complete")
    return client


async def stream_refused(world: World, _: int) -> RawClient:
    client = await open_stream(world.address, ASK, "Bearer x")
    await client.receives(b"errors")
    return client


async def resets(client: RawClient) -> None:
    client.reset()


async def closes(client: RawClient) -> None:
    client.transport.close()


async def sends(data: bytes, client: RawClient) -> None:
    """What it sends makes the server close."""
    client.send(data)
    await is_closed(client)


async def is_closed(client: RawClient) -> None:
    """The server closes, and the client agrees."""
    await client.receives(b"\x88")
    client.send(CLOSE_FRAME)
    await client.is_lost()


SOCKETS: list[Opens] = [upgraded, acknowledged, subscribed, subscribed_at_home, completed]
STREAMS: list[Opens] = [streaming, streaming_at_home, stream_completed, stream_refused]
HTTP: list[Opens] = [bare, half_a_head, answered]
SOCKET_ENDS: dict[str, Ends] = {
    "agrees to close": partial(sends, CLOSE_FRAME),
    "no message": partial(sends, framed({"type": "nonsense"})),
    "no text": partial(sends, b"\x81\x82" + bytes(4) + b"\xff\xfe"),
    "no frame": partial(sends, b"\xff" * 20),
    "too big": partial(sends, b"\x81\xff" + (2**20).to_bytes(8) + bytes(4)),
}
CASES: list[tuple[Opens, str, Ends]] = [
    *((opens, "resets", resets) for opens in (*HTTP, *SOCKETS, *STREAMS)),
    *((opens, "closes", closes) for opens in (*HTTP, *SOCKETS, *STREAMS)),
    *((opens, name, ends) for opens in SOCKETS for name, ends in SOCKET_ENDS.items()),
]


@pytest.fixture
def uncollected() -> Iterator[None]:
    """Without collections, and without the objects of before, so that the rest is soon counted."""
    gc.collect()
    gc.freeze()
    gc.disable()
    yield
    gc.enable()


def living() -> Counter[str]:
    """The objects there are of the classes of which a connection is made, by class, and by code where it runs."""
    living: Counter[str] = Counter()
    for kind, objects in _by_class(gc.get_objects()).items():
        name = f"{kind.__module__}.{kind.__qualname__}"
        if issubclass(kind, STATES):
            # One that the server waits for in the background has a chain of coroutines, each of another function.
            living.update(f"{name} of {running(each)}" for each in objects)
        elif name.startswith(PACKAGES):
            living[name] = len(objects)
    return living


def _by_class(objects: list[Any]) -> dict[type, list[Any]]:
    found: defaultdict[type, list[Any]] = defaultdict(list)
    for each in objects:
        found[type(each)].append(each)
    return found


def running(state: Any) -> str:
    """The function whose state it is."""
    match state:
        case CoroutineType():
            return state.cr_code.co_qualname
        case GeneratorType():
            return state.gi_code.co_qualname
        case FrameType():
            return state.f_code.co_qualname
        case TracebackType():
            return state.tb_frame.f_code.co_qualname
        case asyncio.Task():
            return str(getattr(state.get_coro(), "__qualname__", None))
    return "no function"


async def leave_nothing(rounds: Callable[[int], Awaitable[None]]) -> None:
    """Asserts that a round of connections leaves no objects, once a first one has warmed up."""
    await rounds(3)
    gc.collect()
    before = living()
    await rounds(COUNT)
    left: Counter[str] | None = None

    async def is_flat() -> bool:
        # What was there at each look: the server also works in the background.
        nonlocal left
        now = living() - before
        left = now if left is None else left & now
        return all(count < COUNT // 3 for count in left.values())

    try:
        await eventually(is_flat)
    except TimeoutError:
        pytest.fail(f"left of {COUNT} connections: {left}")


@pytest.mark.usefixtures("uncollected")
@pytest.mark.parametrize(
    ("opens", "ends"),
    [(opens, ends) for opens, _, ends in CASES],
    ids=[f"{opens.__name__}-{name}" for opens, name, _ in CASES],
)
async def test_a_closed_connection_leaves_no_objects(
    world: World, opens: Opens, ends: Ends
) -> None:
    async def rounds(count: int) -> None:
        clients = [await opens(world, number) for number in range(count)]
        await asyncio.gather(*map(ends, clients))

    await leave_nothing(rounds)


@pytest.mark.usefixtures("uncollected")
@pytest.mark.parametrize("opens", [subscribed, streaming])
async def test_a_closed_subscriber_leaves_no_objects(world: World, opens: Opens) -> None:
    async def rounds(count: int) -> None:
        clients = [await opens(world, number) for number in range(count)]
        await world.write_events()
        await asyncio.gather(*(client.receives(b"PostLiked", 3) for client in clients))
        for client in clients:
            client.reset()

    await leave_nothing(rounds)


@pytest.mark.usefixtures("uncollected")
@pytest.mark.parametrize("opens", [acknowledged, subscribed_at_home])
async def test_a_socket_with_an_expired_token_leaves_no_objects(world: World, opens: Opens) -> None:
    async def rounds(count: int) -> None:
        world.users = lasting(world.users, lasts=2 + count / 4)  # All are opened before.
        clients = [await opens(world, number) for number in range(count)]
        await asyncio.gather(*map(is_closed, clients))

    await leave_nothing(rounds)


@pytest.mark.usefixtures("uncollected")
async def test_a_stream_with_an_expired_token_leaves_no_objects(world: World) -> None:
    async def rounds(count: int) -> None:
        world.users = lasting(world.users, lasts=2 + count / 4)  # All are opened before.
        clients = [await streaming_at_home(world, number) for number in range(count)]
        for client in clients:
            await client.receives(b"complete")
            client.transport.close()

    await leave_nothing(rounds)


def lasting(users: list[SignedInUser], *, lasts: float) -> list[SignedInUser]:
    """The same users with tokens of so many seconds."""
    return [SignedInUser(each.key, each.session_id, lasts=lasts) for each in users]


@pytest.mark.usefixtures("uncollected")
@pytest.mark.parametrize("opens", [subscribed_at_home, streaming_at_home])
async def test_a_replaced_connection_leaves_no_objects(world: World, opens: Opens) -> None:
    del world.users[1:]

    async def rounds(count: int) -> None:
        clients = [await opens(world, number) for number in range(CONNECTIONS_PER_VIEWER + count)]
        for client in clients[:count]:
            await client.receives(b"newer connection")
        for client in clients:
            client.reset()

    await leave_nothing(rounds)


@pytest.mark.usefixtures("uncollected")
@pytest.mark.parametrize("ids", ["different", "the same"])
async def test_a_socket_closed_during_operations_leaves_no_objects(world: World, ids: str) -> None:
    async def rounds(count: int) -> None:
        for number in range(count):
            client = await acknowledged(world, number)
            for text in (WRITE, operation("PostInteractions"), operation("PublicFeed"), ASK):
                id = "1" if ids == "the same" else text[:20]
                subscribe(client, text, id=id, **world.watched)
            client.reset()

    await leave_nothing(rounds)
