"""A fixed number of connections to PostgreSQL, lent one at a time."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

import asyncpg

from core.database.prepared import PreparedConnection

SETTLE_SECONDS = 5


class Connections:
    """Connections that are made when they are first needed and again when they have broken.

    asyncpg's own pool wraps each loan in a proxy, a context and a task: 22 µs, where a statement
    takes 10. This lends by a list.
    """

    def __init__(
        self,
        connect: Callable[[], Awaitable[PreparedConnection]],
        *,
        size: int,
        patience_seconds: float,
    ) -> None:
        """`patience_seconds`: for how long somebody waits for a connection to come free."""
        self._connect = connect
        self._size = size
        self._patience_seconds = patience_seconds
        # The last one given back is the first to be lent again: few stay busy, and their caches warm.
        self._free: list[PreparedConnection | None] = [None] * size
        self._waiting: deque[tuple[float, asyncio.Future[PreparedConnection | None]]] = deque()
        """Until when somebody waits, and for what."""
        self._expiry: asyncio.TimerHandle | None = None
        self._settling: set[asyncio.Task[None]] = set()
        self._is_closed = False

    async def open(self) -> None:
        """Makes all connections. Errors: whatever connecting raises."""
        made = [await self.take() for _ in range(self._size)]
        for connection in made:
            self.give(connection)

    async def close(self, patience_seconds: float) -> None:
        """Waits for what is lent, for a while, and closes all connections."""
        self._is_closed = True
        lent = self._size - len(self._free)
        try:
            async with asyncio.timeout(patience_seconds):
                for _ in range(lent):
                    self._free.append(await self._next())
        except TimeoutError:
            pass
        if self._expiry is not None:
            self._expiry.cancel()
        for connection in self._free:
            if connection is not None and not connection.is_closed():
                await connection.close(timeout=patience_seconds)
        self._free = []

    def lend(self) -> PreparedConnection | None:
        """A connection, if one is free and open at this moment. Give it back in any case."""
        if self._free:
            connection = self._free.pop()
            if connection is not None and not connection.is_closed():
                return connection
            self._free.append(connection)
        return None

    async def take(self) -> PreparedConnection:
        """A connection, as soon as there is one. Give it back in any case.

        Errors: TimeoutError, and whatever connecting raises.
        """
        connection = self._free.pop() if self._free else await self._next()
        if connection is None or connection.is_closed():
            try:
                connection = await self._connect()
            except BaseException:
                self.give(None)
                raise
        return connection

    def give(self, connection: PreparedConnection | None) -> None:
        """Takes a connection back; None for a place whose connection is gone."""
        while self._waiting:
            _, waiting = self._waiting.popleft()
            if not waiting.done():
                waiting.set_result(connection)
                return
        self._free.append(connection)

    def give_settled(self, connection: PreparedConnection) -> None:
        """Takes a connection back whose user left in the middle of a statement, once that has ended."""
        task = asyncio.get_running_loop().create_task(self._settle(connection))
        self._settling.add(task)
        task.add_done_callback(self._settling.discard)

    async def _settle(self, connection: PreparedConnection) -> None:
        # The driver parses a statement and runs it in two steps. What was parsed only would hold
        # locks on its tables until the connection is used again, which may be hours.
        try:
            await connection.execute("SELECT", timeout=SETTLE_SECONDS)
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError):
            connection.terminate()
        finally:
            self.give(connection)

    def distrust(self, broken: PreparedConnection) -> None:
        """Ends a connection that broke, and those that are free: what ended one has often ended all."""
        for connection in (broken, *self._free):
            if connection is not None:
                connection.terminate()

    async def _next(self) -> PreparedConnection | None:
        loop = asyncio.get_running_loop()
        waiting: asyncio.Future[PreparedConnection | None] = loop.create_future()
        self._waiting.append((loop.time() + self._patience_seconds, waiting))
        if self._expiry is None:
            self._expiry = loop.call_later(self._patience_seconds, self._expire, loop)
        try:
            return await waiting
        except asyncio.CancelledError:
            # It may have been lent in the same moment in which the caller went away.
            if waiting.done() and not waiting.cancelled():
                self.give(waiting.result())
            raise

    def _expire(self, loop: asyncio.AbstractEventLoop) -> None:
        """Disappoints those who have waited too long: they came first, so one timer is enough for all."""
        self._expiry = None
        while self._waiting:
            until, waiting = self._waiting[0]
            if until > loop.time() and not waiting.done():
                self._expiry = loop.call_at(until, self._expire, loop)
                return
            self._waiting.popleft()
            if not waiting.done():
                waiting.set_exception(TimeoutError("no connection came free"))
