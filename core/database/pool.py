"""The GraphQL path's door to PostgreSQL: named statements on asyncpg connections."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Self

import asyncpg

from core.database.connections import Connections
from core.database.prepared import SCHEMA_HAS_CHANGED, PreparedConnection

# Every statement of ours goes from row to row through an index, whatever the tables hold: one generic plan suits
# all, planning each call would cost more than running it, and a plan made while the tables were small or before
# they were analysed must not read them whole.
PLANNER = {
    "plan_cache_mode": "force_generic_plan",
    "enable_seqscan": "off",
    "enable_bitmapscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "enable_memoize": "off",
    "jit": "off",
    "timezone": "UTC",
}

CONNECT_SECONDS = 5
STATEMENT_SECONDS = 30
CLOSE_SECONDS = 5

UNREACHABLE = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
    # A connection that the server has ended, but of which the driver has not heard the end.
    asyncpg.InternalClientError,
    TimeoutError,
)


Row = Sequence[Any]
"""A row that a statement gives; in truth asyncpg's record, which it doesn't type as a sequence."""


class DatabaseUnavailable(Exception):
    """PostgreSQL can't be reached, or no connection came free in time."""


class Database:
    """Statements on a fixed number of connections to one PostgreSQL database."""

    def __init__(self, url: str, *, size: int, acquire_seconds: float = 5.0) -> None:
        """`acquire_seconds`: for how long a statement waits for a connection to come free."""
        self._url = url
        self._connections = Connections(self._connect, size=size, patience_seconds=acquire_seconds)
        self.observer: Callable[[str], None] | None = None
        """Called with the text of each statement before it runs; for tests and metrics."""

    async def open(self) -> Self:
        """The database, connected. Errors: DatabaseUnavailable."""
        with _reachable():
            await self._connections.open()
        return self

    async def close(self) -> None:
        """Waits for running statements, for five seconds, then cuts them off."""
        await self._connections.close(CLOSE_SECONDS)

    def fetch(self, statement: str, *arguments: object) -> Coroutine[Any, Any, list[Row]]:
        """The rows of one reading statement.

        Errors: DatabaseUnavailable. A connection that breaks under a read is replaced once, silently.
        """
        return self._run(statement, arguments, tries=2)

    async def fetch_row(self, statement: str, *arguments: object) -> Row | None:
        """The first row of one reading statement, if there is one."""
        rows = await self.fetch(statement, *arguments)
        return rows[0] if rows else None

    def write(self, statement: str, *arguments: object) -> Coroutine[Any, Any, list[Row]]:
        """The rows that one writing statement returns, committed.

        Errors: DatabaseUnavailable: it may or may not have been committed. Never run twice.
        """
        return self._run(statement, arguments, tries=1)

    async def _run(self, statement: str, arguments: tuple[object, ...], tries: int) -> list[Row]:
        connections = self._connections
        while True:
            if self.observer is not None:
                self.observer(statement)
            tries -= 1
            try:
                connection = connections.lend() or await connections.take()
                try:
                    try:
                        rows = await connection.run(statement, arguments, STATEMENT_SECONDS)
                    except SCHEMA_HAS_CHANGED:
                        rows = await connection.fetch_anew(statement, arguments, STATEMENT_SECONDS)
                except BaseException as error:
                    self._take_back(connection, error)
                    raise
                connections.give(connection)
            except UNREACHABLE as error:
                if not _says_unreachable(error):
                    raise
                if not tries:
                    raise DatabaseUnavailable(str(error)) from error
            else:
                return rows

    def _take_back(self, connection: PreparedConnection, error: BaseException) -> None:
        """Takes a connection back from whoever had an error with it, or went away."""
        if _says_unreachable(error):
            self._connections.distrust(connection)
        # The driver's own complaints about an argument are of the same class as the server's.
        ended = isinstance(error, asyncpg.PostgresError) and not isinstance(
            error, asyncpg.DataError
        )
        if ended or connection.is_closed():
            self._connections.give(connection)
        else:
            self._connections.give_settled(connection)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """A transaction, committed at the end and rolled back by an exception.

        Errors: DatabaseUnavailable: it may or may not have been committed.
        """
        async with self.connection() as connection, connection.transaction():
            yield Transaction(connection, self.observer)

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[PreparedConnection]:
        """A connection of one's own, for a while. Errors: DatabaseUnavailable."""
        with _reachable():
            connection = await self._connections.take()
            try:
                yield connection
            finally:
                self._connections.give(connection)

    async def _connect(self) -> PreparedConnection:
        return await asyncpg.connect(
            self._url,
            timeout=CONNECT_SECONDS,
            command_timeout=STATEMENT_SECONDS,
            connection_class=PreparedConnection,
            statement_cache_size=500,
            max_cached_statement_lifetime=0,
            server_settings=PLANNER,
        )


@contextmanager
def _reachable() -> Iterator[None]:
    """Turns what a driver raises when PostgreSQL is away into DatabaseUnavailable."""
    try:
        yield
    except UNREACHABLE as error:
        if not _says_unreachable(error):
            raise
        raise DatabaseUnavailable(str(error)) from error


def _says_unreachable(error: BaseException) -> bool:
    # The driver's complaints about an argument are of a class that is also an InterfaceError.
    return isinstance(error, UNREACHABLE) and not isinstance(error, ValueError)


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
