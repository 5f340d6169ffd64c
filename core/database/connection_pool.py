"""A fixed number of connections to PostgreSQL, each acquired by one caller at a time."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine
from contextvars import ContextVar
from typing import Any

import asyncpg

from core.database.prepared import PreparedConnection

SYNC_SECONDS = 5.0
RECONNECT_SECONDS = 0.2

HAS_PRIORITY: ContextVar[bool] = ContextVar("HAS_PRIORITY", default=False)
"""Whether what runs in this context is served by turns with all others, however many of these wait."""

Waiter = asyncio.Future[PreparedConnection]


class ConnectionPool:
    """Connections that are made when they are first needed and again when they have broken.

    Each of `size` places is free, empty, or in use: by a caller, by a task that connects, or by one that settles
    what a cancelled caller left. A connection is reused only if the server has said that no transaction is open on
    it. Waiters never connect themselves, so one that goes away costs nothing.

    asyncpg's own pool wraps each acquired connection in a proxy, a context and a task: 22 µs, where a statement
    takes 10. This keeps a list.
    """

    def __init__(
        self,
        connect: Callable[[], Awaitable[PreparedConnection]],
        *,
        size: int,
        acquire_seconds: float,
        sync_seconds: float = SYNC_SECONDS,
    ) -> None:
        """`acquire_seconds`: for how long a caller waits. `sync_seconds`: for how long a cancelled statement may
        take to end before its connection is ended.
        """
        self._connect = connect
        self._size = size
        self._acquire_seconds = acquire_seconds
        self._sync_seconds = sync_seconds
        # The last one released is the first to be acquired again: few stay busy, and their caches warm.
        self._free: list[PreparedConnection] = []
        self._empty = size
        self._open: set[PreparedConnection] = set()
        self._waiting = WaitingQueue()
        self._handed: dict[Waiter, float] = {}
        """Until when a waiter may come for the connection that it was given."""
        self._expiry: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._connecting = 0
        self._is_reachable = True
        self._closing: asyncio.Event | None = None
        """Set when nothing is in use any more."""

    @property
    def unused(self) -> int:
        """How many places are free or empty: `size` when everything has been released."""
        return len(self._free) + self._empty

    async def open(self) -> None:
        """Makes all connections. Errors: whatever connecting raises."""
        acquired: list[PreparedConnection] = []
        try:
            while len(acquired) < self._size:
                acquired.append(await self.acquire())
        finally:
            for connection in acquired:
                self.release(connection)

    async def close(self, seconds: float) -> None:
        """Waits for what is in use or waited for, for a while, and ends all connections."""
        self._closing = asyncio.Event()
        try:
            self._notice_unused()
            async with asyncio.timeout(seconds):
                await self._closing.wait()
        except TimeoutError:
            pass
        finally:
            self._cut_off()

    def try_acquire(self) -> PreparedConnection | None:
        """A connection, if one is free and clean at this moment. Release it in any case."""
        while self._free:
            connection = self._free.pop()
            if connection.is_clean():
                return connection
            self.terminate(connection)
        return None

    async def acquire(self) -> PreparedConnection:
        """A connection, as soon as there is one. Release it in any case.

        Errors: TimeoutError, InterfaceError of a closed pool, and whatever connecting raises.
        """
        connection = self.try_acquire()
        while connection is None:
            connection = await self._wait()
        return connection

    def release(self, connection: PreparedConnection) -> None:
        """Takes back a connection on which nothing runs; one in a transaction is ended."""
        if not connection.is_clean():
            # Or it was cut off while in use.
            self.terminate(connection)
            return
        # While anybody waits, there is a timer.
        waiter = self._waiting.next() if self._expiry is not None else None
        if waiter is None:
            self._free.append(connection)
            if self._closing is not None:
                self._notice_unused()
        else:
            self._handed[waiter] = waiter.get_loop().time() + self._acquire_seconds
            waiter.set_result(connection)

    def terminate(self, connection: PreparedConnection) -> None:
        """Takes back a connection and ends it."""
        if connection not in self._open:
            return
        self._open.discard(connection)
        connection.terminate()
        self._empty += 1
        self._replace()
        self._notice_unused()

    def release_after_sync(self, connection: PreparedConnection) -> None:
        """Takes back a connection whose caller left in the middle of a statement, once that has ended."""
        self._start(self._sync_and_release(connection), asyncio.get_running_loop())

    def terminate_idle(self) -> None:
        """Ends all free connections: what ended one has often ended all."""
        while self._free:
            self.terminate(self._free.pop())

    async def _wait(self) -> PreparedConnection | None:
        """A connection; None if it came so long ago that it was taken back."""
        if self._closing is not None:
            raise asyncpg.InterfaceError("the connections are closed")
        loop = asyncio.get_running_loop()
        waiter: Waiter = loop.create_future()
        self._waiting.append(loop.time() + self._acquire_seconds, waiter)
        if self._expiry is None:
            self._expiry = loop.call_later(self._acquire_seconds, self._expire, loop)
        self._replace()
        try:
            connection = await waiter
        except BaseException:
            # Cancelled, closed or collected. A connection may have come in the same moment.
            if not waiter.cancel() and self._handed.pop(waiter, None) is not None:
                self.release(waiter.result())
            raise
        return connection if self._handed.pop(waiter, None) is not None else None

    def _expire(self, loop: asyncio.AbstractEventLoop) -> None:
        """Fails waiters whose time is over, and takes back what a waiter did not come for.

        Waiters are first in, first out, so one timer suffices for all.
        """
        now = loop.time()
        for waiter in self._waiting.expired(now):
            waiter.set_exception(TimeoutError("no connection came free"))
        for waiter, until in list(self._handed.items()):
            if until <= now:
                # Its coroutine was given up without being closed.
                del self._handed[waiter]
                self.release(waiter.result())
        ends = [*self._waiting.ends(), *self._handed.values()]
        self._expiry = loop.call_at(min(ends), self._expire, loop) if ends else None
        self._notice_unused()

    def _replace(self) -> None:
        """Connects for those who wait; while the server can't be reached, one at a time.

        The connections that a server does not accept would fill its queue, and new ones wait behind them.
        """
        waiter = self._waiting.first()
        if waiter is None:
            return
        loop = waiter.get_loop()
        at_most = self._size if self._is_reachable else 1
        while self._empty and self._connecting < min(len(self._waiting), at_most):
            self._empty -= 1
            self._connecting += 1
            self._start(self._make(), loop)

    async def _make(self) -> None:
        try:
            connection = await self._connect()
        except Exception as error:  # noqa: BLE001  # it is the waiters' to handle
            self._connecting -= 1
            self._empty += 1
            self._is_reachable = False
            if not self._open:
                self._waiting.fail_all(error)
            # Of those that are open one may come free, so it is worth waiting.
            asyncio.get_running_loop().call_later(RECONNECT_SECONDS, self._replace)
            self._notice_unused()
        else:
            self._connecting -= 1
            self._is_reachable = True
            self._open.add(connection)
            self.release(connection)
            self._replace()

    async def _sync_and_release(self, connection: PreparedConnection) -> None:
        # The driver parses a statement and runs it in two steps. What was parsed only would hold
        # locks on its tables until the connection is used again, which may be hours.
        try:
            await connection.execute("SELECT", timeout=self._sync_seconds)
        except (
            asyncpg.PostgresError,
            asyncpg.InterfaceError,
            asyncpg.InternalClientError,
            OSError,
            TimeoutError,
        ):
            self.terminate(connection)
        else:
            self.release(connection)

    def _start(self, coroutine: Coroutine[Any, Any, None], loop: asyncio.AbstractEventLoop) -> None:
        task = loop.create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _notice_unused(self) -> None:
        if self._closing is not None and self.unused == self._size and not self._waiting.first():
            self._closing.set()

    def _cut_off(self) -> None:
        if self._expiry is not None:
            self._expiry.cancel()
            self._expiry = None
        self._waiting.fail_all(asyncpg.InterfaceError("the connections are closed"))
        for task in self._tasks:
            task.cancel()
        for connection in self._open:
            connection.terminate()
        self._open.clear()
        self._free.clear()
        self._handed.clear()
        self._empty = self._size


class WaitingQueue:
    """Who waits for a connection: those that come first and all others are served by turns, each in order."""

    def __init__(self) -> None:
        self._first: deque[tuple[float, Waiter]] = deque()
        self._others: deque[tuple[float, Waiter]] = deque()
        self._queues = (self._first, self._others)
        """In the order of their turns."""

    def __len__(self) -> int:
        return len(self._first) + len(self._others)

    def append(self, until: float, waiter: Waiter) -> None:
        """Adds a waiter, of the class that its context says."""
        (self._first if HAS_PRIORITY.get() else self._others).append((until, waiter))

    def first(self) -> Waiter | None:
        """One that still waits, if there is any."""
        for queue in self._queues:
            while queue:
                waiter = queue[0][1]
                if not waiter.done():
                    return waiter
                queue.popleft()
        return None

    def next(self) -> Waiter | None:
        """The one whose turn it is, which leaves the queue."""
        waiter = self.first()
        if waiter is not None:
            served, other = self._queues
            if not served or served[0][1] is not waiter:
                served, other = other, served
            served.popleft()
            self._queues = (other, served)
        return waiter

    def expired(self, now: float) -> list[Waiter]:
        """Those whose time is over, which leave the queue."""
        found = []
        for queue in self._queues:
            while queue and (queue[0][0] <= now or queue[0][1].done()):
                waiter = queue.popleft()[1]
                if not waiter.done():
                    found.append(waiter)
        return found

    def ends(self) -> list[float]:
        """When the time of the next ones is over."""
        return [queue[0][0] for queue in self._queues if queue]

    def fail_all(self, error: Exception) -> None:
        """Fails all."""
        while (waiter := self.next()) is not None:
            waiter.set_exception(error)
