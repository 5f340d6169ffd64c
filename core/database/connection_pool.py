"""A pool of a fixed number of connections to PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import asyncpg
from asyncpg import Connection

from core.database.pool_metrics import POOL_TIMEOUTS, POOL_WAIT_SECONDS
from core.database.waiting_queue import WAITING_AT_MOST, PoolExhausted, Waiter, WaitingQueue

SYNC_SECONDS = 5.0
"""Timeout of the round trip after a cancelled statement."""
RECONNECT_SECONDS = 0.2


class ConnectionPool:
    """Connects when a connection is first needed and again after one has broken.

    Each of `size` slots is free, empty or in use. A caller uses it, a task that connects, or a task that waits for
    the end of a cancelled statement. A connection is reused only if the server reported that it is not in a
    transaction. Waiters do not connect themselves, so cancelling one costs nothing.

    asyncpg's own pool wraps each acquired connection in a proxy, a context and a task: 22 µs, where a statement
    takes 10. This pool keeps a list.
    """

    def __init__(
        self,
        connect: Callable[[], Awaitable[Connection]],
        *,
        size: int,
        acquire_seconds: float,
        waiting_at_most: int = WAITING_AT_MOST,
        sync_seconds: float = SYNC_SECONDS,
    ) -> None:
        """`acquire_seconds`: timeout of an acquire. `waiting_at_most`: how many callers may wait, with priority and
        without. `sync_seconds`: how long a cancelled statement may take to end before its connection is terminated.
        """
        self._connect = connect
        self._size = size
        self._acquire_seconds = acquire_seconds
        self._sync_seconds = sync_seconds
        # Last in, first out: few connections stay busy, and their caches stay warm.
        self._free: list[Connection] = []
        self._empty = size
        self._open: set[Connection] = set()
        self._waiting = WaitingQueue(waiting_at_most)
        self._assigned: dict[Waiter, float] = {}
        """Waiters that have a connection and have not resumed yet, with the time at which it is released again."""
        self._expiry: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._connecting = 0
        self._is_reachable = True
        self._closing: asyncio.Event | None = None
        """Set when all connections are released and no caller waits."""

    @property
    def unused(self) -> int:
        """The number of free and empty slots: `size` when all connections are released."""
        return len(self._free) + self._empty

    @property
    def waiting(self) -> int:
        """The number of callers that wait for a connection."""
        return len(self._waiting)

    async def open(self) -> None:
        """Connects all slots. Errors: those of `connect`."""
        acquired: list[Connection] = []
        try:
            while len(acquired) < self._size:
                acquired.append(await self.acquire())
        finally:
            for connection in acquired:
                self.release(connection)

    async def close(self, seconds: float) -> None:
        """Waits until all connections are released, at most `seconds`, and terminates them."""
        self._closing = asyncio.Event()
        try:
            self._check_closing()
            async with asyncio.timeout(seconds):
                await self._closing.wait()
        except TimeoutError:
            pass
        finally:
            self._terminate_all()

    def try_acquire(self) -> Connection | None:
        """A connection that is free now, or None. The caller must release it."""
        while self._free:
            connection = self._free.pop()
            # It was in no transaction when it was released; since then it can only have been disconnected.
            if not connection.is_closed():
                return connection
            self.terminate(connection)
        return None

    async def acquire(self) -> Connection:
        """A connection, as soon as one is free. The caller must release it.

        Errors: PoolExhausted, InterfaceError if the pool is closed, and those of `connect`.
        """
        connection = self.try_acquire()
        while connection is None:
            connection = await self._wait()
        return connection

    def release(self, connection: Connection) -> None:
        """Returns a connection to the pool. No statement may run on it; one in a transaction is terminated."""
        # As the server last reported.
        if connection.is_closed() or connection.is_in_transaction():
            self.terminate(connection)
            return
        # The timer exists while there are waiters.
        waiter = self._waiting.next() if self._expiry is not None else None
        if waiter is None:
            self._free.append(connection)
            if self._closing is not None:
                self._check_closing()
        else:
            self._assigned[waiter] = waiter.get_loop().time() + self._acquire_seconds
            waiter.set_result(connection)

    def terminate(self, connection: Connection) -> None:
        """Closes a connection without waiting for the server, and frees its slot."""
        if connection not in self._open:
            return
        self._open.discard(connection)
        connection.terminate()
        self._empty += 1
        self._connect_for_waiters()
        self._check_closing()

    def release_after_sync(self, connection: Connection) -> None:
        """Releases a connection whose caller was cancelled during a statement, once the statement has ended."""
        self._start(self._sync_and_release(connection), asyncio.get_running_loop())

    def terminate_idle(self) -> None:
        """Terminates all free connections."""
        while self._free:
            self.terminate(self._free.pop())

    async def _wait(self) -> Connection | None:
        """A connection; None if this waiter resumed so late that its connection was released again."""
        if self._closing is not None:
            raise asyncpg.InterfaceError("the connection pool is closed")
        loop = asyncio.get_running_loop()
        began = loop.time()
        waiter: Waiter = loop.create_future()
        self._waiting.append(began + self._acquire_seconds, waiter)
        if self._expiry is None:
            self._expiry = loop.call_later(self._acquire_seconds, self._expire, loop)
        if self._empty:
            self._connect_for_waiters()
        try:
            connection = await waiter
        except BaseException:
            # Cancelled, closed or collected, perhaps after a connection was assigned.
            if not waiter.cancel() and self._assigned.pop(waiter, None) is not None:
                self.release(waiter.result())
            raise
        finally:
            POOL_WAIT_SECONDS.add(loop.time() - began)
        return connection if self._assigned.pop(waiter, None) is not None else None

    def _expire(self, loop: asyncio.AbstractEventLoop) -> None:
        """Releases connections whose waiter has not resumed, and fails acquires whose timeout has passed.

        Waiters of a user are FIFO, so one timer suffices.
        """
        now = loop.time()
        for waiter, until in list(self._assigned.items()):
            if until <= now:
                # Its coroutine was abandoned without being closed.
                del self._assigned[waiter]
                self.release(waiter.result())
        for waiter in self._waiting.expired(now):
            POOL_TIMEOUTS.inc()
            waiter.set_exception(PoolExhausted("no connection became free in time"))
        deadlines = [*self._waiting.deadlines(), *self._assigned.values()]
        self._expiry = loop.call_at(min(deadlines), self._expire, loop) if deadlines else None
        self._check_closing()

    def _connect_for_waiters(self) -> None:
        """Starts as many connections as waiters need; one at a time while the server is unreachable.

        Connections that a stopped server does not accept would fill its listen queue.
        """
        waiter = self._waiting.first()
        if waiter is None:
            return
        loop = waiter.get_loop()
        at_most = self._size if self._is_reachable else 1
        while self._empty and self._connecting < min(len(self._waiting), at_most):
            self._empty -= 1
            self._connecting += 1
            self._start(self._connect_one(), loop)

    async def _connect_one(self) -> None:
        try:
            connection = await self._connect()
        except Exception as error:  # noqa: BLE001  # the waiters handle it
            self._connecting -= 1
            self._empty += 1
            self._is_reachable = False
            if not self._open:
                self._waiting.fail_all(error)
            # Otherwise the waiters stay: one of the open connections may become free.
            asyncio.get_running_loop().call_later(RECONNECT_SECONDS, self._connect_for_waiters)
            self._check_closing()
        else:
            self._connecting -= 1
            self._is_reachable = True
            self._open.add(connection)
            self.release(connection)
            self._connect_for_waiters()

    async def _sync_and_release(self, connection: Connection) -> None:
        # The driver parses and executes a statement in two steps. One that is only parsed holds locks on its tables
        # until the connection is used again, which may be hours later.
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

    def _check_closing(self) -> None:
        if self._closing is not None and self.unused == self._size and not self._waiting.first():
            self._closing.set()

    def _terminate_all(self) -> None:
        if self._expiry is not None:
            self._expiry.cancel()
            self._expiry = None
        self._waiting.fail_all(asyncpg.InterfaceError("the connection pool is closed"))
        for task in self._tasks:
            task.cancel()
        for connection in self._open:
            connection.terminate()
        self._open.clear()
        self._free.clear()
        self._assigned.clear()
        self._empty = self._size
