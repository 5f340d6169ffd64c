"""Group commit: small writes of one kind that arrive together become one transaction."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from functools import partial
from typing import Any, NamedTuple

import asyncpg

from core.database.database import (
    Database,
    DatabaseUnavailable,
    Row,
    Transaction,
    TransactionAborted,
)
from core.database.pool_metrics import GROUP_COMMIT_ROWS
from core.database.statement_metrics import statement_name
from core.database.time_ordered_keys import key_array
from core.database.waiting_queue import HAS_PRIORITY

MAX_ROWS = 100
MAX_WAITING = 2_000
WAIT_SECONDS = 5.0

Outcome = Row | None
Lock = Callable[[Transaction, Sequence[tuple[object, ...]]], Awaitable[None]]
"""Locks, before the statement runs, what must not change while it runs."""

ROW_ERRORS = (asyncpg.PostgresError, TypeError, TransactionAborted)
"""Errors of a row: PostgreSQL refuses it, or `key_array` an integer of more than 64 bits, or others lock its rows."""


class Overloaded(DatabaseUnavailable):
    """Too many writes are waiting. This one was not sent."""


class PendingRow(NamedTuple):
    """A row to write, and the future that its caller awaits."""

    row: tuple[object, ...]
    outcome: asyncio.Future[Outcome]


class GroupCommit:
    """Batches the writes of one statement: rows that arrive during a commit are committed by the next one.

    The statement takes one array for each column of the rows; keys as text (`$1::text::bigint[]`). Its effect equals
    that of writing the rows one after the other. It returns, for each row with a result, the row's number (from 1)
    and the result.

    One commit runs at a time, so one kind of write uses one connection, however many rows wait. A row that arrives
    alone is sent at once.
    """

    def __init__(
        self,
        database: Database,
        statement: str,
        *,
        lock: Lock | None = None,
        rows_at_most: int = MAX_ROWS,
        waiting_at_most: int = MAX_WAITING,
        wait_seconds: float = WAIT_SECONDS,
    ) -> None:
        """`lock`: runs before the statement in the same transaction; costs three round trips.
        `wait_seconds`: how long rows wait behind a commit that does not end.
        """
        self._database = database
        self._statement = statement
        self._lock = lock
        self._rows_at_most = rows_at_most
        self._waiting_at_most = waiting_at_most
        self._wait_seconds = wait_seconds
        self._waiting: deque[PendingRow] = deque()
        self._commit: asyncio.Task[None] | None = None
        self._expiry: asyncio.TimerHandle | None = None
        self._is_busy = False
        self._sizes = GROUP_COMMIT_ROWS.labels(statement_name(statement))

    async def submit(self, *row: object) -> Outcome:
        """The statement's result for the row, once it is committed; None if there is none.

        If the caller is cancelled before the row is sent, the row is not written.

        Errors: DatabaseUnavailable (the row may or may not have been committed), Overloaded,
        asyncpg.PostgresError (PostgreSQL rejects this row).
        """
        if len(self._waiting) >= self._waiting_at_most:
            raise Overloaded(f"{len(self._waiting)} writes are waiting")
        loop = asyncio.get_running_loop()
        outcome: asyncio.Future[Outcome] = loop.create_future()
        self._waiting.append(PendingRow(row, outcome))
        if not self._is_busy:
            # In the next iteration of the loop, so that rows that are submitted in this one join the batch.
            self._is_busy = True
            loop.call_soon(self._start_next)
        elif self._expiry is None:
            self._expiry = loop.call_later(self._wait_seconds, self._expire)
        # The caller's reads after the write have the priority of the write.
        HAS_PRIORITY.set(True)
        try:
            return await outcome
        except BaseException:
            outcome.cancel()  # A caller that is closed instead of cancelled leaves it pending.
            raise

    async def close(self) -> None:
        """Waits until all submitted rows are written."""
        while self._is_busy:
            if self._commit is None:
                await asyncio.sleep(0)
            else:
                await asyncio.wait([self._commit])

    def _start_next(self) -> None:
        """Starts the next commit, if rows are waiting."""
        batch = self._next_batch()
        self._is_busy = bool(batch)
        self._commit = None
        if batch:
            self._commit = asyncio.create_task(self._write_batch(batch))
            self._commit.add_done_callback(partial(self._commit_ended, batch))

    def _next_batch(self) -> list[PendingRow]:
        if self._expiry is not None:
            self._expiry.cancel()
            self._expiry = None
        batch: list[PendingRow] = []
        while self._waiting and len(batch) < self._rows_at_most:
            pending = self._waiting.popleft()
            if not pending.outcome.done():
                batch.append(pending)
        if self._waiting:
            loop = asyncio.get_running_loop()
            self._expiry = loop.call_later(self._wait_seconds, self._expire)
        return batch

    def _expire(self) -> None:
        self._expiry = None
        _fail(self._waiting, Overloaded("the commit before this write takes too long"))
        self._waiting.clear()

    async def _write_batch(self, batch: list[PendingRow]) -> None:
        self._sizes.add(len(batch))
        try:
            outcomes = await self._write([pending.row for pending in batch])
        except ROW_ERRORS:
            # The transaction was rolled back. One invalid row must not fail the others.
            await self._write_one_by_one(batch)
        except Exception as error:  # noqa: BLE001  # the callers handle it
            _fail(batch, error)
        else:
            for pending, outcome in zip(batch, outcomes, strict=True):
                if not pending.outcome.done():
                    pending.outcome.set_result(outcome)

    def _commit_ended(self, batch: list[PendingRow], _commit: asyncio.Task[None]) -> None:
        for pending in batch:
            pending.outcome.cancel()  # No effect on those that have a result.
        self._start_next()

    async def _write_one_by_one(self, batch: list[PendingRow]) -> None:
        for index, pending in enumerate(batch):
            try:
                outcome = await self._write_with_retry(pending.row)
            except ROW_ERRORS as error:
                _fail([pending], error)
            except DatabaseUnavailable as error:
                _fail(batch[index:], error)
                return
            else:
                if not pending.outcome.done():
                    pending.outcome.set_result(outcome)

    async def _write_with_retry(self, row: tuple[object, ...]) -> Outcome:
        try:
            return (await self._write([row]))[0]
        except TransactionAborted:
            return (await self._write([row]))[0]

    async def _write(self, rows: list[tuple[object, ...]]) -> list[Outcome]:
        outcomes: list[Outcome] = [None] * len(rows)
        for result in await self._execute(rows):
            outcomes[result[0] - 1] = result
        return outcomes

    async def _execute(self, rows: list[tuple[object, ...]]) -> Sequence[Row]:
        columns = [
            key_array(column) if type(column[0]) is int else column
            for column in zip(*rows, strict=True)
        ]
        if self._lock is None:
            return await self._database.write(self._statement, *columns)
        async with self._database.transaction() as transaction:
            await self._lock(transaction, rows)
            return await transaction.fetch(self._statement, *columns)


def _fail(batch: deque[PendingRow] | list[PendingRow], error: Exception) -> None:
    for pending in batch:
        if not pending.outcome.done():
            pending.outcome.set_exception(error)


class GroupCommits:
    """The group commits of a process, by statement."""

    def __init__(self, database: Database) -> None:
        self.database = database
        """For writes that are too rare to be committed together."""
        self._by_statement: dict[str, GroupCommit] = {}

    def submit(
        self, statement: str, *row: object, lock: Lock | None = None
    ) -> Coroutine[Any, Any, Outcome]:
        """`GroupCommit.submit` of the statement's group commit. One statement has one lock."""
        group_commit = self._by_statement.get(statement)
        if group_commit is None:
            group_commit = GroupCommit(self.database, statement, lock=lock)
            self._by_statement[statement] = group_commit
        return group_commit.submit(*row)

    async def close(self) -> None:
        """Waits until all submitted rows are written. Call it before the database is closed."""
        for group_commit in self._by_statement.values():
            await group_commit.close()
