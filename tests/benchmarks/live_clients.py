"""Minimal WebSocket clients, thousands in one process."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from time import perf_counter
from typing import Any

HANDSHAKE = (
    b"GET /graphql/ HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n"
)
MASK = bytes(4)
PORTS_PER_ADDRESS = 20_000
BATCH = 50


def framed(message: dict[str, Any]) -> bytes:
    """The message as a client's text frame, masked with zeros."""
    data = json.dumps(message).encode()
    size = bytes([len(data)]) if len(data) < 126 else b"\x7e" + len(data).to_bytes(2, "big")
    return b"\x81" + bytes([0x80 | size[0]]) + size[1:] + MASK + data


class Client(asyncio.Protocol):
    """One connection with one subscription. Records each frame with its time of arrival."""

    __slots__ = ("_buffer", "_is_open", "_sent", "ready", "received", "transport")

    def __init__(self, authorization: str | None, subscribe: dict[str, Any]) -> None:
        payload = {"authorization": authorization} if authorization else None
        self._sent = framed({"type": "connection_init", "payload": payload}) + framed(
            {"type": "subscribe", "id": "1", "payload": subscribe}
        )
        self._is_open = False
        self._buffer = b""
        self.received: list[tuple[float, bytes]] = []
        self.ready = asyncio.get_running_loop().create_future()
        self.transport: Any = None

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        transport.write(HANDSHAKE)

    def data_received(self, data: bytes) -> None:
        now = perf_counter()
        buffer = self._buffer + data if self._buffer else data
        if not self._is_open:
            end = buffer.find(b"\r\n\r\n")
            if end < 0:
                self._buffer = buffer
                return
            self._is_open = True
            self.transport.write(self._sent)
            buffer = buffer[end + 4 :]
        while len(buffer) >= 2:
            size, start = buffer[1] & 127, 2
            if size == 126:
                size, start = int.from_bytes(buffer[2:4], "big"), 4
            if len(buffer) < start + size:
                break
            self._receive(now, buffer[0] & 15, buffer[start : start + size])
            buffer = buffer[start + size :]
        self._buffer = buffer

    def _receive(self, now: float, opcode: int, frame: bytes) -> None:
        if opcode == 9:
            self.transport.write(bytes([0x8A, 0x80 | len(frame)]) + MASK + frame)
        elif b"SubscriptionReady" in frame:
            if not self.ready.done():
                self.ready.set_result(None)
        elif b'"next"' in frame:
            self.received.append((now, frame))
        elif b"connection_ack" not in frame and not self.ready.done():
            self.ready.set_exception(AssertionError(frame))

    def connection_lost(self, error: Exception | None) -> None:
        if not self.ready.done():
            self.ready.set_exception(error or ConnectionError("closed"))


async def connected(
    port: int, authorizations: Sequence[str | None], subscribe: Callable[[int], dict[str, Any]]
) -> list[Client]:
    """Subscribed clients; `subscribe` returns the payload by the client's number."""
    loop = asyncio.get_running_loop()
    clients: list[Client] = []
    for start in range(0, len(authorizations), BATCH):
        batch = []
        for number in range(start, min(start + BATCH, len(authorizations))):
            client = Client(authorizations[number], subscribe(number))
            # The ports of one local address limit its connections to the server.
            local = (f"127.0.0.{2 + number // PORTS_PER_ADDRESS}", 0)
            await loop.create_connection(
                lambda client=client: client,  # type: ignore[misc]  # bound in the loop
                "127.0.0.1",
                port,
                local_addr=local,
            )
            batch.append(client)
        await asyncio.gather(*(client.ready for client in batch))
        clients += batch
    return clients
