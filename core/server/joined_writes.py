"""A transport that joins the writes of a response."""

from __future__ import annotations

import asyncio
from typing import Any


class JoinedWrites:
    """A transport that sends two writes in a row, as head and body of a response, in one system call.

    A single write is sent in the next turn of the event loop.
    """

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self.is_closing = transport.is_closing
        self._call_soon = loop.call_soon
        self._held = b""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        if self._held:
            # At once, so that no more than one write is held.
            self._transport.writelines([self._held, data])
            self._held = b""
        else:
            self._held = data
            self._call_soon(self._flush)

    def close(self) -> None:
        self.unjoined().close()

    def unjoined(self) -> asyncio.Transport:
        """The transport itself, after what is held was sent."""
        self._flush()
        return self._transport

    def _flush(self) -> None:
        held, self._held = self._held, b""
        if held and not self.is_closing():
            self._transport.write(held)
