"""A TCP relay to PostgreSQL that can be cut."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from urllib.parse import urlsplit


class Relay:
    """Relays bytes between clients and a server until it is cut."""

    def __init__(self, url: str, loop: asyncio.AbstractEventLoop) -> None:
        """`loop`: runs in another thread."""
        self._loop = loop
        self._target = urlsplit(url)
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._port = 0

    @property
    def url(self) -> str:
        """The server's address through the relay."""
        host = f"127.0.0.1:{self._port}"
        login = self._target.netloc.rpartition("@")[0]
        return self._target._replace(netloc=f"{login}@{host}" if login else host).geturl()

    def open(self) -> None:
        """Accepts and relays connections from now on."""
        asyncio.run_coroutine_threadsafe(self._open(), self._loop).result()

    def cut(self) -> None:
        """Closes all connections and rejects new ones."""
        asyncio.run_coroutine_threadsafe(self._cut(), self._loop).result()

    async def _open(self) -> None:
        self._server = await asyncio.start_server(self._pass_on, "127.0.0.1", self._port)
        self._port = self._server.sockets[0].getsockname()[1]

    async def _cut(self) -> None:
        if self._server is not None:
            self._server.close()
        for writer in tuple(self._writers):
            writer.transport.abort()
        while self._writers:  # noqa: ASYNC110  # each ends at its next turn
            await asyncio.sleep(0.01)

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        host, port = self._target.hostname, self._target.port
        there, further = await asyncio.open_connection(host, port)
        self._writers |= {writer, further}
        try:
            await asyncio.gather(_copy(reader, further), _copy(there, writer))
        finally:
            self._writers -= {writer, further}


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()


@contextmanager
def relay(url: str) -> Iterator[Relay]:
    """An open relay in a thread; cut at exit."""
    loop = asyncio.new_event_loop()
    thread = Thread(target=loop.run_forever)
    thread.start()
    made = Relay(url, loop)
    try:
        made.open()
        yield made
    finally:
        made.cut()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
