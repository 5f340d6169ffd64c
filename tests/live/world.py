"""The whole server on a socket, signed-in users, and clients over WebSocket and HTTP."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import replace
from socket import socket as Socket  # noqa: N812  # a class
from threading import Event, Thread
from time import time
from typing import Any, Self, TypeVar

import uvicorn
from starlette.applications import Starlette
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Origin, Subprotocol

from core.accounts.tokens import AccessToken, AccessTokens
from core.config.environment import environment
from core.database.database import Database
from core.ids import global_id
from core.server.app import Server
from core.server.exports import exports_route
from core.server.media import media_routes
from core.server.uvicorn_http import HTTPProtocol
from core.server.uvicorn_websocket import WebSocketProtocol
from tests.interactions.cast import create_users
from tests.live.http_client import HttpClient
from tests.paths import OPERATIONS

TIMEOUT = 20.0
Json = dict[str, Any]
T = TypeVar("T")


def operation(name: str) -> str:
    """The text of an operation of the client contract."""
    return (OPERATIONS / f"{name}.graphql").read_text()


class SignedInUser:
    """A signed-in user with an access token."""

    def __init__(self, key: int, session_id: int, *, lasts: float = 900) -> None:
        self.key = key
        self.id = global_id("User", key)
        self.session_id = session_id
        token = AccessToken(key, session_id, int(time() + lasts))
        secret = environment().secret_key.encode()
        self.authorization = f"Bearer {AccessTokens(secret).issue(token)}"


async def signed_in(database: Database, count: int, *, lasts: float = 900) -> list[SignedInUser]:
    """New users, each with a session and an access token that expires after `lasts` seconds."""
    return [
        await signed_in_again(database, key, lasts=lasts)
        for key in await create_users(database, count)
    ]


async def signed_in_again(database: Database, key: int, *, lasts: float = 900) -> SignedInUser:
    """An existing user with a new session."""
    rows = await database.write(
        "INSERT INTO sessions (user_id, salt, token_hash, expires_at) "
        "VALUES ($1, '', '', now() + interval '1 day') RETURNING id",
        key,
    )
    return SignedInUser(key, rows[0][0], lasts=lasts)


class AnnouncedServer(uvicorn.Server):
    """A server that sets `announced` when it listens or has failed to start."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.announced = Event()

    async def startup(self, sockets: list[Socket] | None = None) -> None:
        try:
            await super().startup(sockets)
        finally:
            self.announced.set()


@contextmanager
def serving(**changed: Any) -> Iterator[str]:
    """Runs the whole API in a thread, as in production. Yields the server's address.

    `changed`: settings that differ from the environment's.
    """
    settings = replace(environment(), **changed)
    server: Server | None = None
    files: Starlette | None = None

    async def app(scope: Any, receive: Any, send: Any) -> None:
        nonlocal server, files
        if scope["type"] == "lifespan":
            server = Server(settings)
            routes = media_routes(server.database, settings.cors_origins)
            files = Starlette(routes=[*routes, exports_route(server.services)])
            await receive()
            async with server.running():
                await send({"type": "lifespan.startup.complete"})
                await receive()
            await send({"type": "lifespan.shutdown.complete"})
        elif files is not None and scope["path"].startswith(("/media/", "/exports/")):
            await files(scope, receive, send)
        elif server is not None:
            await server.graphql[scope["type"]](scope, receive, send)

    config = uvicorn.Config(
        app,
        host="127.0.0.1",
        port=0,
        loop="uvloop",
        http=HTTPProtocol,
        ws=WebSocketProtocol,
        ws_max_size=256 * 1024,
        ws_per_message_deflate=False,
        lifespan="on",
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=1,
    )
    listener = config.bind_socket()
    running = AnnouncedServer(config)
    thread = Thread(target=running.run, args=([listener],))
    thread.start()
    address = f"127.0.0.1:{listener.getsockname()[1]}"
    try:
        running.announced.wait()
        assert running.started
        yield address
    finally:
        running.should_exit = True
        thread.join()
        listener.close()


async def eventually(look: Callable[[], Awaitable[T]], *, seconds: float = TIMEOUT) -> T:
    """The first true result of `look`, called repeatedly. Errors: TimeoutError."""
    async with asyncio.timeout(seconds):
        while not (seen := await look()):  # noqa: ASYNC110  # no event to wait for
            await asyncio.sleep(0.01)
    return seen


class Closed(Exception):
    """The server has closed the connection."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(code, reason)
        self.code = code
        self.reason = reason


class Unavailable(Exception):
    """The server has ended a subscription with UNAVAILABLE."""


def is_unavailable(errors: list[Json]) -> bool:
    """Whether the errors are those of a server without its database."""
    return [error["extensions"]["code"] for error in errors] == ["UNAVAILABLE"]


class WebSocketClient:
    """A client of graphql-transport-ws."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection

    async def send(self, **message: Any) -> None:
        """Sends a message. If the server has closed already, `receive` raises the reason."""
        with suppress(ConnectionClosed):
            await self.connection.send(json.dumps(message))

    async def receive(self) -> Json:
        """The server's next message. Errors: Closed."""
        try:
            async with asyncio.timeout(TIMEOUT):
                text = await self.connection.recv()
        except ConnectionClosed as closed:
            received = closed.rcvd
            raise Closed(
                received.code if received else 1006, received.reason if received else ""
            ) from None
        message: Json = json.loads(text)
        return message

    async def start(self, authorization: str | None = None) -> Self:
        """The client, after `connection_ack`."""
        payload = {"authorization": authorization} if authorization else None
        await self.send(type="connection_init", payload=payload)
        assert await self.receive() == {"type": "connection_ack"}
        return self

    async def subscribe(self, id: str, query: str, **variables: Any) -> None:
        payload = {"query": query, "variables": variables}
        await self.send(type="subscribe", id=id, payload=payload)

    async def watch(self, posts: list[int], *, id: str = "1", after: str | None = None) -> Json:
        """Subscribes to the interactions of posts. Returns the first message."""
        ids = [global_id("Post", post) for post in posts]
        await self.subscribe(id, operation("PostInteractions"), postIds=ids, after=after)
        return await self.event()

    async def watch_home(self, *, id: str = "1", after: str | None = None) -> Json:
        """Subscribes to the home feed. Returns the first message."""
        await self.subscribe(id, operation("HomeFeedEvents"), after=after)
        return await self.event()

    async def event(self) -> Json:
        """The next event of any subscription. Errors: Closed, Unavailable."""
        message = await self.receive()
        if message["type"] == "error" and is_unavailable(message["payload"]):
            raise Unavailable
        assert message["type"] == "next", message
        assert "errors" not in message["payload"], message
        [event] = message["payload"]["data"].values()
        return dict(event)

    async def events(self, count: int) -> list[Json]:
        return [await self.event() for _ in range(count)]


@asynccontextmanager
async def websocket_client(
    address: str, authorization: str | None = None, *, socket: Socket | None = None
) -> AsyncIterator[WebSocketClient]:
    """A client with an acknowledged connection. `socket`: a connected one."""
    async with open_websocket(address, socket=socket) as opened:
        yield await opened.start(authorization)


@asynccontextmanager
async def open_websocket(
    address: str,
    subprotocols: tuple[str, ...] = ("graphql-transport-ws",),
    *,
    socket: Socket | None = None,
    origin: str | None = None,
) -> AsyncIterator[WebSocketClient]:
    """A client that has sent no message yet. `origin`: of the page that connects, in a browser."""
    async with connect(
        f"ws://{address}/graphql/",
        subprotocols=[Subprotocol(name) for name in subprotocols] or None,
        compression=None,
        max_size=None,
        proxy=None,
        sock=socket,
        origin=None if origin is None else Origin(origin),
        ping_interval=None,  # A client that does not read must not time out by itself.
    ) as connection:
        yield WebSocketClient(connection)


class Api:
    """A client that runs the operations of the contract, at once on as many connections as it needs."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._idle: list[HttpClient] = []

    async def do(self, user: SignedInUser | None, name: str, **variables: Any) -> Json:
        """The payload of an operation of the contract, checked to have no errors."""
        client = self._idle.pop() if self._idle else HttpClient(self.address)
        try:
            async with asyncio.timeout(TIMEOUT):
                authorization = user.authorization if user else None
                _, body = await client.ask(operation(name), variables, authorization)
        except BaseException:
            client.close()
            raise
        self._idle.append(client)
        answer = json.loads(body)
        assert "errors" not in answer, answer
        [payload] = answer["data"].values()
        assert payload is None or not payload.get("errors"), payload
        return dict(payload or {})

    async def change(self, user: SignedInUser, name: str, **values: Any) -> Json:
        """The payload of a mutation with this input."""
        return await self.do(user, name, input=values)

    async def close(self) -> None:
        while self._idle:
            self._idle.pop().close()


async def follow(api: Api, follower: SignedInUser, *followees: SignedInUser) -> None:
    for followee in followees:
        await api.change(follower, "FollowUser", userId=followee.id)
