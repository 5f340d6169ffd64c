"""HTTP connections as uvicorn serves them, with fewer system calls."""

from __future__ import annotations

import asyncio
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol


class JoinedWrites:
    """A transport that sends at once what is written in one step of the event loop.

    uvicorn writes the head and the body of an answer one after the other, and uvloop makes of each write
    a system call and a packet: a tenth of what a page costs.
    """

    __slots__ = ("_loop", "_written", "transport")

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self.transport = transport
        self._loop = loop
        self._written: list[bytes] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self.transport, name)

    def write(self, data: bytes) -> None:
        if not self._written:
            self._loop.call_soon(self.send)
        self._written.append(data)

    def is_closing(self) -> bool:
        return self.transport.is_closing()

    def close(self) -> None:
        self.send()
        self.transport.close()

    def send(self) -> None:
        """Sends what has been written, if the connection is still there."""
        written, self._written = self._written, []
        if written and not self.transport.is_closing():
            self.transport.write(written[0] if len(written) == 1 else b"".join(written))


class JoinedWritesProtocol(HttpToolsProtocol):
    """uvicorn's protocol on such a transport; what becomes a WebSocket has the transport itself."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        joined: Any = JoinedWrites(cast("asyncio.Transport", transport), self.loop)
        super().connection_made(joined)

    def handle_websocket_upgrade(self) -> None:
        joined: Any = self.transport
        joined.send()
        self.transport = joined.transport
        super().handle_websocket_upgrade()


def websocket_protocol(**arguments: Any) -> asyncio.Protocol:
    """uvicorn's protocol for a WebSocket; what it imports (0.6 MB) comes with the first one."""
    from uvicorn.protocols.websockets.websockets_sansio_impl import (  # noqa: PLC0415
        WebSocketsSansIOProtocol,
    )

    return WebSocketsSansIOProtocol(**arguments)
