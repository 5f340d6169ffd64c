"""The GraphQL path's door to PostgreSQL: an asyncpg pool that runs named statements."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, Self

import asyncpg

# Every statement of ours goes from row to row through an index, whatever the tables hold: one generic plan suits
# all, planning each call would cost more than running it, and a plan made while the tables were small or before
# they were analysed must not read them whole.
PLANNER = {
    "plan_cache_mode": "force_generic_plan",
    "enable_seqscan": "off",
    "enable_bitmapscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "jit": "off",
    "timezone": "UTC",
}

UNREACHABLE = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
)


Row = Sequence[Any]
"""A row that a statement gives; in truth asyncpg's record, which it doesn't type as a sequence."""


class DatabaseUnavailable(Exception):
    """PostgreSQL can't be reached, or no connection came free in time."""


async def _no_reset(_: object) -> None:
    """Nothing: no statement of ours leaves state on its connection, and asking costs a round trip."""


class Database:
    """A pool of connections to one PostgreSQL database."""

    def __init__(self, url: str, *, size: int, acquire_seconds: float = 5.0) -> None:
        self._url = url
        self._size = size
        self._acquire_seconds = acquire_seconds
        self._pool: asyncpg.Pool[asyncpg.Record] | None = None
        self.observer: Callable[[str], None] | None = None
        """Called with the text of each statement before it runs; for tests and metrics."""

    async def open(self) -> Self:
        """The database, with its pool connected. Errors: DatabaseUnavailable."""
        try:
            self._pool = await asyncpg.create_pool(
                self._url,
                min_size=self._size,
                max_size=self._size,
                reset=_no_reset,
                max_inactive_connection_lifetime=0,
                statement_cache_size=500,
                max_cached_statement_lifetime=0,
                command_timeout=30,
                server_settings=PLANNER,
            )
        except UNREACHABLE as error:
            raise DatabaseUnavailable(str(error)) from error
        return self

    async def close(self) -> None:
        """Waits for running statements, for five seconds, then cuts them off."""
        if self._pool is not None:
            try:
                await asyncio.wait_for(self._pool.close(), 5)
            except TimeoutError:
                self._pool.terminate()
            self._pool = None

    async def fetch(self, statement: str, *arguments: object) -> list[Row]:
        """The rows of one reading statement.

        Errors: DatabaseUnavailable. A connection that breaks under a read is replaced once, silently.
        """
        try:
            return await self._run(statement, arguments)
        except DatabaseUnavailable:
            return await self._run(statement, arguments)

    async def fetch_row(self, statement: str, *arguments: object) -> Row | None:
        """The first row of one reading statement, if there is one."""
        rows = await self.fetch(statement, *arguments)
        return rows[0] if rows else None

    async def write(self, statement: str, *arguments: object) -> list[Row]:
        """The rows that one writing statement returns, committed.

        Errors: DatabaseUnavailable: it may or may not have been committed. Never run twice.
        """
        return await self._run(statement, arguments)

    async def _run(self, statement: str, arguments: tuple[object, ...]) -> list[Row]:
        if self.observer is not None:
            self.observer(statement)
        try:
            async with self.pool.acquire(timeout=self._acquire_seconds) as connection:
                rows: list[Any] = await connection.fetch(statement, *arguments)
                return rows
        except (*UNREACHABLE, TimeoutError) as error:
            raise DatabaseUnavailable(str(error)) from error

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """A transaction, committed at the end and rolled back by an exception.

        Errors: DatabaseUnavailable: it may or may not have been committed.
        """
        try:
            async with (
                self.pool.acquire(timeout=self._acquire_seconds) as connection,
                connection.transaction(),
            ):
                yield Transaction(connection, self.observer)
        except (*UNREACHABLE, TimeoutError) as error:
            raise DatabaseUnavailable(str(error)) from error

    @property
    def pool(self) -> asyncpg.Pool[asyncpg.Record]:
        if self._pool is None:
            raise DatabaseUnavailable("the pool is not open")
        return self._pool


class Transaction:
    """Statements that commit together."""

    __slots__ = ("_connection", "_observer")

    def __init__(self, connection: Any, observer: Callable[[str], None] | None) -> None:
        self._connection = connection
        self._observer = observer

    async def fetch(self, statement: str, *arguments: object) -> list[Row]:
        """The rows of one statement."""
        if self._observer is not None:
            self._observer(statement)
        rows: list[Row] = await self._connection.fetch(statement, *arguments)
        return rows

    async def fetch_row(self, statement: str, *arguments: object) -> Row | None:
        """The first row of one statement, if there is one."""
        rows = await self.fetch(statement, *arguments)
        return rows[0] if rows else None
