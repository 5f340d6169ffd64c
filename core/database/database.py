"""Access of the GraphQL path to PostgreSQL: statements and transactions on asyncpg connections."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager, contextmanager, suppress
from time import perf_counter
from types import TracebackType
from typing import Any, Self

import asyncpg
from asyncpg import Connection

from core.database.connecting import PgBouncer, connect
from core.database.connection_pool import SYNC_SECONDS, ConnectionPool
from core.database.joint_reads import JointReads
from core.database.statement_metrics import statement_ended, statement_failed
from core.database.statements import JOINT, Variants
from core.database.waiting_queue import HAS_PRIORITY, WAITING_AT_MOST, PoolExhausted

CONNECT_SECONDS = 5
ACQUIRE_SECONDS = 5.0
STATEMENT_SECONDS = 30.0
ROLLBACK_SECONDS = 5
CLOSE_SECONDS = 5
WRITES_FAILING_SECONDS = 5.0

UNREACHABLE_ERRORS = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
    # The server has ended the connection and the driver has not noticed yet, or a type has changed that the driver has
    # cached (OutdatedSchemaCacheError); the statement has then been executed.
    asyncpg.InternalClientError,
    TimeoutError,
)

TEMPORARY_ERRORS = (
    PoolExhausted,
    asyncpg.InsufficientResourcesError,  # Class 53: the disk or the memory is full.
    asyncpg.PostgresSystemError,  # Class 58: the disk fails.
    asyncpg.OperatorInterventionError,  # Class 57: a shutdown or a timeout.
    asyncpg.ReadOnlySQLTransactionError,  # A standby, or a server that is set to read only.
    asyncpg.LockNotAvailableError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.TransactionRollbackError,  # Class 40: a deadlock, which writes of others may cause, such as a migration's.
)
"""Errors of a reachable server, or of the pool, that do not depend on the statement."""
WRITE_REFUSALS = (
    asyncpg.InsufficientResourcesError,
    asyncpg.PostgresSystemError,
    asyncpg.ReadOnlySQLTransactionError,
)


Row = Sequence[Any]
"""A row of a statement: an asyncpg record, which its stubs don't declare as a sequence."""


class DatabaseUnavailable(Exception):
    """PostgreSQL is unreachable, no connection became free in time, or the server refuses for now (a full disk)."""


class TransactionAborted(DatabaseUnavailable):
    """PostgreSQL rolled the transaction back, as for a deadlock. It can be run again at once."""


class Database:
    """Statements on a fixed number of connections to one PostgreSQL database."""

    def __init__(
        self,
        url: str,
        *,
        size: int,
        pgbouncer: PgBouncer = "NONE",
        acquire_seconds: float = ACQUIRE_SECONDS,
        waiting_at_most: int = WAITING_AT_MOST,
        connect_seconds: float = CONNECT_SECONDS,
        statement_seconds: float = STATEMENT_SECONDS,
        sync_seconds: float = SYNC_SECONDS,
    ) -> None:
        """`pgbouncer`: how it is used, if the URL leads to one.
        `acquire_seconds`: how long a statement waits for a free connection.
        """
        self.size = size
        self._url = url
        self._pgbouncer: PgBouncer = pgbouncer
        self._connect_seconds = connect_seconds
        self._statement_seconds = statement_seconds
        self._pool = ConnectionPool(
            self._connect,
            size=size,
            acquire_seconds=acquire_seconds,
            waiting_at_most=waiting_at_most,
            sync_seconds=sync_seconds,
        )
        self._joint_reads = JointReads(self.fetch, DatabaseUnavailable)
        self._write_failed_at = -math.inf

    @property
    def unused_connections(self) -> int:
        """The number of connections that are not in use; `size` when all are released."""
        return self._pool.unused

    @property
    def waiting(self) -> int:
        """The number of statements that wait for a connection."""
        return self._pool.waiting

    async def accepts_writes(self) -> bool:
        """Whether the server accepts writes: it is not read only, and it has refused none within five seconds.

        Errors: DatabaseUnavailable.
        """
        HAS_PRIORITY.set(True)
        row = await self.fetch_row("SELECT current_setting('transaction_read_only') = 'off'")
        refused_until = self._write_failed_at + WRITES_FAILING_SECONDS
        return row is not None and bool(row[0]) and time.monotonic() >= refused_until

    async def open(self) -> Self:
        """The database, connected. Errors: DatabaseUnavailable."""
        with self._available():
            await self._pool.open()
        return self

    def close_unused(self) -> None:
        """Closes the connections that are not in use. Statements connect again as they need."""
        self._pool.terminate_idle()

    async def close(self) -> None:
        """Waits up to five seconds for running statements, then terminates the connections."""
        await self._pool.close(CLOSE_SECONDS)

    def fetch(self, statement: str, *arguments: object) -> Coroutine[Any, Any, list[Row]]:
        """The rows of one reading statement.

        Errors: DatabaseUnavailable. A read whose connection breaks is run once more.
        """
        return self._run(statement, arguments, tries=2)

    def fetch_jointly(
        self, variants: Variants, variant: str, *arguments: object
    ) -> Coroutine[Any, Any, list[Row]]:
        """The rows of one reading statement; if it has the variants `:joint`, of a joint read.

        Errors: DatabaseUnavailable.
        """
        statement, joint = variants[variant], variants.get(f"{variant}:{JOINT}")
        if joint is None:
            return self.fetch(statement, *arguments)
        return self._joint_reads.fetch(statement, joint, arguments)

    async def fetch_row(self, statement: str, *arguments: object) -> Row | None:
        """The first row of one reading statement, or None."""
        rows = await self.fetch(statement, *arguments)
        return rows[0] if rows else None

    def write(self, statement: str, *arguments: object) -> Coroutine[Any, Any, list[Row]]:
        """The rows that one writing statement returns, committed.

        Errors: DatabaseUnavailable: the statement may or may not have been committed. It is never run twice.
        """
        HAS_PRIORITY.set(True)
        return self._run(statement, arguments, tries=1)

    async def _run(self, statement: str, arguments: tuple[object, ...], tries: int) -> list[Row]:
        pool = self._pool
        while True:
            tries -= 1
            try:
                connection = pool.try_acquire() or await pool.acquire()
                began = perf_counter()
                try:
                    rows: Any = await connection.fetch(statement, *arguments)
                except BaseException as error:
                    statement_failed(statement, began, error)
                    _name_statement(error, statement)
                    self._release_after_error(connection, error)
                    raise
                pool.release(connection)
                statement_ended(statement, began, len(rows))
            except TEMPORARY_ERRORS as error:
                if not tries or not _is_unreachable(error):
                    raise self._unavailable(error) from error
            except UNREACHABLE_ERRORS as error:
                if isinstance(error, ValueError):
                    raise
                if not tries:
                    raise DatabaseUnavailable(str(error)) from error
            else:
                return rows  # type: ignore[no-any-return]  # rows, though the stubs don't say so

    def _release_after_error(self, connection: Connection, error: BaseException) -> None:
        """Releases or terminates a connection on which a single statement failed."""
        if isinstance(error, asyncpg.DataError | asyncio.CancelledError | TimeoutError):
            # The driver raises DataError for invalid arguments too, after it has parsed the statement.
            self._pool.release_after_sync(connection)
        elif isinstance(error, asyncpg.PostgresError):
            self._pool.release(connection)
        else:
            self._pool.terminate(connection)
        if _is_unreachable(error):
            self._pool.terminate_idle()

    def _unavailable(self, error: Exception) -> DatabaseUnavailable:
        if isinstance(error, WRITE_REFUSALS) and not _is_unreachable(error):
            self._write_failed_at = time.monotonic()
        kind = DatabaseUnavailable
        if isinstance(error, asyncpg.TransactionRollbackError):
            kind = TransactionAborted
        return kind(str(error) or type(error).__name__)

    @contextmanager
    def _available(self) -> Iterator[None]:
        """Turns the driver's unreachable and temporary errors into DatabaseUnavailable."""
        try:
            yield
        except (*UNREACHABLE_ERRORS, *TEMPORARY_ERRORS) as error:
            if isinstance(error, ValueError):
                raise
            raise self._unavailable(error) from error

    def transaction(self) -> AbstractAsyncContextManager[Transaction]:
        """A transaction that is committed at the end and rolled back by an exception.

        If the end of the transaction was not confirmed, its connection is terminated.

        Errors: DatabaseUnavailable: the transaction may or may not have been committed.
        """
        return TransactionContext(self._pool, self._available)

    def connection(self) -> AbstractAsyncContextManager[Connection]:
        """A connection for the caller alone. Errors: DatabaseUnavailable."""
        return ConnectionContext(self._pool, self._available)

    async def _connect(self) -> Connection:
        return await connect(
            self._url,
            pgbouncer=self._pgbouncer,
            connect_seconds=self._connect_seconds,
            statement_seconds=self._statement_seconds,
        )


def _name_statement(error: BaseException, statement: str) -> None:
    """Adds the name of the statement, which its first line has, to the driver's error."""
    if isinstance(error, asyncpg.PostgresError | asyncpg.InterfaceError):
        error.add_note(
            f"In the SQL statement {statement.partition(chr(10))[0].removeprefix('-- ')}."
        )


def _is_unreachable(error: BaseException) -> bool:
    # The driver's errors about arguments are both InterfaceError and ValueError.
    return isinstance(error, UNREACHABLE_ERRORS) and not isinstance(error, ValueError)


class Transaction:
    """Statements that commit together."""

    __slots__ = ("_available", "_connection")

    def __init__(self, connection: Any, available: Available) -> None:
        self._connection = connection
        self._available = available

    async def fetch(self, statement: str, *arguments: object) -> list[Row]:
        """The rows of one statement. Errors: DatabaseUnavailable."""
        began = perf_counter()
        with self._available():
            try:
                rows: list[Row] = await self._connection.fetch(statement, *arguments)
            except BaseException as error:
                statement_failed(statement, began, error)
                if isinstance(error, Exception):
                    _name_statement(error, statement)
                raise
        statement_ended(statement, began, len(rows))
        return rows

    async def fetch_row(self, statement: str, *arguments: object) -> Row | None:
        """The first row of one statement, or None."""
        rows = await self.fetch(statement, *arguments)
        return rows[0] if rows else None


Available = Callable[[], AbstractContextManager[None]]


# Classes, because an asynchronous generator that is closed while it awaits (its caller was collected) does not run
# its `finally` before Python 3.13, and even there not immediately.
class TransactionContext(AbstractAsyncContextManager[Transaction]):
    """`async with` around a transaction."""

    def __init__(self, pool: ConnectionPool, available: Available) -> None:
        self._pool = pool
        self._available = available

    async def __aenter__(self) -> Transaction:
        HAS_PRIORITY.set(True)
        with self._available():
            self._connection = await self._pool.acquire()
            try:
                await self._connection.execute("BEGIN")
            except BaseException:
                self._pool.terminate(self._connection)
                raise
        return Transaction(self._connection, self._available)

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        has_ended = False
        try:
            if error is None:
                with self._available():
                    command_tag = await self._connection.execute("COMMIT")
                has_ended = True
                if command_tag != "COMMIT":
                    # PostgreSQL answers ROLLBACK, without an error, if a statement has failed.
                    raise asyncpg.InFailedSQLTransactionError("the transaction was rolled back")
            elif isinstance(error, Exception):
                with suppress(*UNREACHABLE_ERRORS, asyncpg.PostgresError):
                    await self._connection.execute("ROLLBACK", timeout=ROLLBACK_SECONDS)
                    has_ended = True
        finally:
            if has_ended:
                self._pool.release(self._connection)
            else:
                self._pool.terminate(self._connection)


class ConnectionContext(AbstractAsyncContextManager[Connection]):
    """`async with` around the use of a connection."""

    def __init__(self, pool: ConnectionPool, available: Available) -> None:
        self._pool = pool
        self._available = available

    async def __aenter__(self) -> Connection:
        with self._available():
            self._connection = await self._pool.acquire()
        return self._connection

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        is_synced = False
        try:
            with self._available():
                if isinstance(error, (*UNREACHABLE_ERRORS, *TEMPORARY_ERRORS)):
                    raise error
                if error is None or isinstance(error, Exception):
                    # The caller may have abandoned a statement that still runs.
                    with suppress(*UNREACHABLE_ERRORS, asyncpg.PostgresError):
                        await self._connection.execute("SELECT", timeout=SYNC_SECONDS)
                        is_synced = True
        finally:
            if is_synced:
                self._pool.release(self._connection)
            else:
                self._pool.terminate(self._connection)
