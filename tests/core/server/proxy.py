"""A small proxy of connections, as a load balancer is one: new ones go by turns to servers that take them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress


class Proxy:
    """Passes the bytes of each connection to one of the servers."""

    def __init__(self) -> None:
        self.servers: list[int] = []
        """Ports of those that get new connections."""
        self.address = ""
        self._connections: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Proxy]:
        listener = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.address = f"127.0.0.1:{listener.sockets[0].getsockname()[1]}"
        async with listener:
            yield self
            for task in self._connections:
                task.cancel()
            await asyncio.gather(*self._connections, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._serve(reader, writer))
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            port = self.servers[0]
            self.servers.append(self.servers.pop(0))
            back_reader, back_writer = await asyncio.open_connection("127.0.0.1", port)
            try:
                await asyncio.gather(_pass(reader, back_writer), _pass(back_reader, writer))
            finally:
                back_writer.close()
        finally:
            writer.close()


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Passes on what one side sends, and its end."""
    with suppress(ConnectionError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
        writer.close()
