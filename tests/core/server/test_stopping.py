"""A server that stops resets no request that has reached it."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from typing import Any

import pytest
import uvicorn

from core.server.uvicorn_http import HTTPProtocol
from core.server.uvicorn_server import WebServer

REQUEST = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"


class World:
    """A server without a listening socket, and a client that is connected to it."""

    def __init__(self, client: socket.socket, connection: socket.socket) -> None:
        self.client = client
        self._connection = connection
        config = uvicorn.Config(
            self._application,
            interface="asgi3",
            http=HTTPProtocol,
            lifespan="off",
            log_config=None,
            access_log=False,
        )
        config.load()
        # One of several processes, whose supervisor is the client.
        self.server = WebServer(config, end_streams=lambda: None, signals=(), parent=client)
        self.server.lifespan = config.lifespan_class(config)
        self.server.servers = []

    async def connected(self) -> HTTPProtocol:
        """The server's side of the connection."""
        _, protocol = await asyncio.get_running_loop().connect_accepted_socket(
            self.server._protocol, self._connection
        )
        assert isinstance(protocol, HTTPProtocol)
        return protocol

    async def received(self) -> bytes:
        """All that the client is sent until the connection is closed. Errors: ConnectionResetError."""
        loop, found = asyncio.get_running_loop(), b""
        async with asyncio.timeout(20):
            while data := await loop.sock_recv(self.client, 65_536):
                found += data
        return found

    @staticmethod
    async def _application(_scope: Any, _receive: Any, send: Any) -> None:
        head = [(b"content-length", b"5")]
        await send({"type": "http.response.start", "status": 200, "headers": head})
        await send({"type": "http.response.body", "body": b"hello"})


@pytest.fixture
def sockets() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Both ends of a connection by TCP."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = socket.create_connection(listener.getsockname())
        connection, _ = listener.accept()
    client.setblocking(False)
    connection.setblocking(False)
    with client, connection:
        yield client, connection


def assert_answered_and_closed(read: bytes) -> None:
    assert read.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"\r\nconnection: close\r\n" in read
    assert read.endswith(b"\r\n\r\nhello")


async def test_a_request_that_has_arrived_and_is_not_read_is_answered(
    sockets: tuple[socket.socket, socket.socket],
) -> None:
    world = World(*sockets)
    protocol = await world.connected()
    world.client.send(REQUEST)
    protocol.shutdown()
    assert_answered_and_closed(await world.received())


@pytest.mark.parametrize("length", [1, 20, len(REQUEST) - 1])
async def test_a_request_whose_head_has_begun_is_answered(
    sockets: tuple[socket.socket, socket.socket], length: int
) -> None:
    world = World(*sockets)
    protocol = await world.connected()
    world.client.send(REQUEST[:length])
    async with asyncio.timeout(20):
        while not protocol._has_request() or protocol._has_unread():  # noqa: ASYNC110
            await asyncio.sleep(0)
    protocol.shutdown()
    await asyncio.sleep(0)
    world.client.send(REQUEST[length:])
    assert_answered_and_closed(await world.received())


async def test_a_connection_without_a_request_is_closed(
    sockets: tuple[socket.socket, socket.socket],
) -> None:
    world = World(*sockets)
    (await world.connected()).shutdown()
    assert await world.received() == b""


async def test_a_connection_that_was_accepted_last_is_closed_with_its_next_answer(
    sockets: tuple[socket.socket, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.server.uvicorn_server._end_process", lambda: None)
    world = World(*sockets)
    # The connection is made in the turn of the loop after that in which the server begins to stop.
    connecting = asyncio.create_task(world.connected())
    stopping = asyncio.create_task(world.server.shutdown([]))
    protocol = await connecting
    async with asyncio.timeout(20):
        while not protocol._closes_after_next:  # noqa: ASYNC110
            await asyncio.sleep(0)
    world.client.send(REQUEST)
    assert_answered_and_closed(await world.received())
    await stopping
