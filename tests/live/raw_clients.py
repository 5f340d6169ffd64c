"""Raw socket clients, which can end a connection in ways that client libraries don't allow."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from typing import Any, Self

from tests.benchmarks.live_clients import HANDSHAKE, framed

CLOSE_FRAME = b"\x88\x82" + bytes(4) + struct.pack("!H", 1000)
RESET = struct.pack("ii", 1, 0)
"""SO_LINGER of no seconds: the connection ends with RST."""
MAX_SECONDS = 20.0
END_OF_HEAD = b"\r\n\r\n"


class RawClient(asyncio.Protocol):
    """One connection. Keeps the bytes received last."""

    def __init__(self) -> None:
        self.transport: Any = None
        self.received = bytearray()
        self._changed = asyncio.Event()
        self._is_lost = False

    @classmethod
    async def connect(cls, address: str, *, local: str = "127.0.0.1") -> Self:
        host, _, port = address.rpartition(":")
        loop = asyncio.get_running_loop()
        _, client = await loop.create_connection(cls, host, int(port), local_addr=(local, 0))
        return client

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.received += data
        self._changed.set()

    def connection_lost(self, problem: Exception | None) -> None:  # noqa: ARG002  # as asyncio calls it
        self._is_lost = True
        self._changed.set()

    def send(self, data: bytes) -> None:
        self.transport.write(data)

    async def receives(self, part: bytes, count: int = 1) -> None:
        """Waits until the text was received so often, and discards it.

        Errors: EOFError, TimeoutError if nothing was received for MAX_SECONDS.
        """
        found = counted = 0
        while (found := found + self.received.count(part, counted)) < count:
            # The end may be the beginning of the text.
            counted = max(0, len(self.received) - len(part) + 1)
            if self._is_lost:
                raise EOFError(bytes(self.received))
            self._changed.clear()
            async with asyncio.timeout(MAX_SECONDS):
                await self._changed.wait()
        self.received.clear()

    async def is_lost(self) -> None:
        """Waits until the connection is closed."""
        async with asyncio.timeout(MAX_SECONDS):
            while not self._is_lost:
                self._changed.clear()
                await self._changed.wait()

    def reset(self) -> None:
        """Ends the connection as a lost network does."""
        raw: socket.socket = self.transport.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        self.transport.abort()


async def open_socket(
    address: str, authorization: str | None = None, *, local: str = "127.0.0.1"
) -> RawClient:
    """A WebSocket that the server has acknowledged."""
    client = await RawClient.connect(address, local=local)
    client.send(HANDSHAKE)
    await client.receives(END_OF_HEAD)
    payload = {"authorization": authorization} if authorization else None
    client.send(framed({"type": "connection_init", "payload": payload}))
    await client.receives(b"connection_ack")
    return client


def subscribe(client: RawClient, query: str, *, id: str = "1", **variables: Any) -> None:
    """Sends an operation over a WebSocket."""
    payload = {"query": query, "variables": variables}
    client.send(framed({"type": "subscribe", "id": id, "payload": payload}))


async def open_stream(
    address: str,
    query: str,
    authorization: str | None = None,
    *,
    local: str = "127.0.0.1",
    **variables: Any,
) -> RawClient:
    """A requested event stream."""
    client = await RawClient.connect(address, local=local)
    body = json.dumps({"query": query, "variables": variables}).encode()
    token = f"Authorization: {authorization}\r\n" if authorization else ""
    head = (
        "POST /graphql/ HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n{token}\r\n"
    )
    client.send(head.encode() + body)
    return client
