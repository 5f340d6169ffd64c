"""Writes that commit together: small writes of one kind that arrive at once become one transaction."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from functools import partial
from typing import Any, NamedTuple

import asyncpg

from core.database.connection_pool import HAS_PRIORITY
from core.database.database import Database, DatabaseUnavailable, Row, Transaction
from core.database.time_ordered_keys import key_array

ROWS_AT_MOST = 100
WAITING_AT_MOST = 2_000
WAIT_SECONDS = 5.0

Outcome = Row | None
Lock = Callable[[Transaction, Sequence[tuple[object, ...]]], Awaitable[None]]
"""Locks what must stay as it is before the statement for these rows looks at it."""

# What PostgreSQL undoes because of others, and would do now.
RETRYABLE_ERRORS = (asyncpg.DeadlockDetectedError, asyncpg.SerializationError)


class Overloaded(DatabaseUnavailable):
    """Too much waits to be written. Of this, nothing has been."""


class PendingRow(NamedTuple):
    """A row that is to be written, and where its writer waits for the commit."""

    row: tuple[object, ...]
    outcome: asyncio.Future[Outcome]


class GroupCommit:
    """One kind of write: what arrives while a commit is under way is committed by the next one.

    The statement takes an array for each column of a row, of keys as text (`$1::text::bigint[]`), does
    to all rows what it would do to one after the other, and returns, for each row that it has an
    answer to, the row's place (from 1) and the answer.

    There is one commit at a time, so one kind of write holds one connection, however many are
    waiting. A write that arrives alone is sent at once.
    """

    def __init__(
        self,
        database: Database,
        statement: str,
        *,
        lock: Lock | None = None,
        rows_at_most: int = ROWS_AT_MOST,
        waiting_at_most: int = WAITING_AT_MOST,
        wait_seconds: float = WAIT_SECONDS,
    ) -> None:
        """`lock`: what comes before the statement in its transaction; costs three round trips.
        `wait_seconds`: for how long rows wait behind a commit that does not end.
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
        self._busy = False

    async def submit(self, *row: object) -> Outcome:
        """The answer to the row, once it is committed; None if the statement had none to it.

        A caller that is cancelled takes back a row that has not been sent.

        Errors: DatabaseUnavailable (it may or may not have been committed), Overloaded,
        asyncpg.PostgresError (PostgreSQL refuses this row).
        """
        if len(self._waiting) >= self._waiting_at_most:
            raise Overloaded(f"{len(self._waiting)} writes are waiting")
        loop = asyncio.get_running_loop()
        outcome: asyncio.Future[Outcome] = loop.create_future()
        self._waiting.append(PendingRow(row, outcome))
        if not self._busy:
            # Not before the loop has come round: what has arrived already comes along.
            self._busy = True
            loop.call_soon(self._next)
        elif self._expiry is None:
            self._expiry = loop.call_later(self._wait_seconds, self._expire)
        # What the caller reads of its result comes first, as the write does.
        HAS_PRIORITY.set(True)
        try:
            return await outcome
        except BaseException:
            outcome.cancel()  # If the caller was collected, nobody else does.
            raise

    async def close(self) -> None:
        """Waits for what has been submitted."""
        while self._busy:
            if self._commit is None:
                await asyncio.sleep(0)
            else:
                await asyncio.wait([self._commit])

    def _next(self) -> None:
        """Starts the next commit, if there is anything to commit."""
        batch = self._take()
        self._busy = bool(batch)
        self._commit = None
        if batch:
            self._commit = asyncio.create_task(self._write_for(batch))
            self._commit.add_done_callback(partial(self._ended, batch))

    def _take(self) -> list[PendingRow]:
        if self._expiry is not None:
            self._expiry.cancel()
            self._expiry = None
        batch: list[PendingRow] = []
        while self._waiting and len(batch) < self._rows_at_most:
            waiting = self._waiting.popleft()
            if not waiting.outcome.done():
                batch.append(waiting)
        if self._waiting:
            loop = asyncio.get_running_loop()
            self._expiry = loop.call_later(self._wait_seconds, self._expire)
        return batch

    def _expire(self) -> None:
        self._expiry = None
        _fail(self._waiting, Overloaded("an earlier write does not end"))
        self._waiting.clear()

    async def _write_for(self, batch: list[PendingRow]) -> None:
        try:
            outcomes = await self._write([waiting.row for waiting in batch])
        except asyncpg.PostgresError:
            # All of it has been undone. Whatever was wrong with one row is not the others' fault.
            await self._write_singly(batch)
        except Exception as error:  # noqa: BLE001  # it is the callers' to handle
            _fail(batch, error)
        else:
            for waiting, outcome in zip(batch, outcomes, strict=True):
                if not waiting.outcome.done():
                    waiting.outcome.set_result(outcome)

    def _ended(self, batch: list[PendingRow], _commit: asyncio.Task[None]) -> None:
        for waiting in batch:
            waiting.outcome.cancel()  # Those that have none, because the commit was cancelled.
        self._next()

    async def _write_singly(self, batch: list[PendingRow]) -> None:
        for place, waiting in enumerate(batch):
            try:
                outcome = await self._write_again(waiting.row)
            except asyncpg.PostgresError as error:
                _fail([waiting], error)
            except DatabaseUnavailable as error:
                _fail(batch[place:], error)
                return
            else:
                if not waiting.outcome.done():
                    waiting.outcome.set_result(outcome)

    async def _write_again(self, row: tuple[object, ...]) -> Outcome:
        try:
            return (await self._write([row]))[0]
        except RETRYABLE_ERRORS:
            return (await self._write([row]))[0]

    async def _write(self, rows: list[tuple[object, ...]]) -> list[Outcome]:
        outcomes: list[Outcome] = [None] * len(rows)
        for answer in await self._answers(rows):
            outcomes[answer[0] - 1] = answer
        return outcomes

    async def _answers(self, rows: list[tuple[object, ...]]) -> Sequence[Row]:
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
    for waiting in batch:
        if not waiting.outcome.done():
            waiting.outcome.set_exception(error)


class GroupCommits:
    """The group_commits of a process, by statement."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._by_statement: dict[str, GroupCommit] = {}

    def submit(
        self, statement: str, *row: object, lock: Lock | None = None
    ) -> Coroutine[Any, Any, Outcome]:
        """As `GroupCommit.submit`, with others of the same statement, which has always the same lock."""
        group_commit = self._by_statement.get(statement)
        if group_commit is None:
            group_commit = GroupCommit(self._database, statement, lock=lock)
            self._by_statement[statement] = group_commit
        return group_commit.submit(*row)

    async def close(self) -> None:
        """Waits for what has been submitted; before the database is closed."""
        for group_commit in self._by_statement.values():
            await group_commit.close()
