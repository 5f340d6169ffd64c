"""One run of a job: what its function is given, and the transaction that commits its effect with its end."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from types import TracebackType
from typing import Any, NamedTuple

from core.database.database import Database, Transaction
from core.jobs.statements import SQL

NOW = timedelta(0)


class LeaseLost(Exception):
    """Another run holds the job or the consumer. What this one has written is rolled back."""


class JobClaim(NamedTuple):
    """A claimed job."""

    id: int
    kind: str
    arguments: str
    """A JSON object."""
    lease: int
    attempts: int
    lost: int
    cause: str | None


class JobRun:
    """One run of a job. The job ends when its function returns, or with its transaction."""

    def __init__(
        self,
        claim: JobClaim,
        every: timedelta | None,
        database: Database,
        transactions: asyncio.Semaphore,
        deadline: asyncio.Timeout,
        *,
        on_end: Callable[[], None],
    ) -> None:
        """`every`: the time until the next run of a scheduled job.
        `transactions`: bounds how many run at once, so that a connection is left for other statements of jobs.
        `on_end`: called before the statement that ends the job is sent.
        """
        self.id = claim.id
        """The key of the job."""
        self.arguments: dict[str, Any] = json.loads(claim.arguments)
        self.attempt = claim.attempts
        """1 in the first run."""
        self.database = database
        """For effects that do not end the job. All jobs of the worker share its few connections."""
        self.has_ended = False
        """Whether the end of the job is committed."""
        self.repeat_after = every
        self._claim = claim
        self._transactions = transactions
        self._deadline = deadline
        self._on_end = on_end
        self._has_begun = False

    @property
    def key(self) -> str:
        """Identifies the job in all its runs. Send it with an effect outside of PostgreSQL, so that the receiver can
        drop a repeat.
        """
        return f"job-{self.id}"

    def repeat(self, *, after: timedelta = NOW) -> None:
        """Makes the job due again after this run, as new. Long work is many short runs."""
        self.repeat_after = after

    def transaction(self) -> AbstractAsyncContextManager[Transaction]:
        """The transaction of the effect, which ends the job. A run has one.

        Errors: LeaseLost, and those of `Database.transaction`.
        """
        if self._has_begun:
            raise RuntimeError("A run of a job has one transaction. Make more jobs of it.")
        self._has_begun = True
        return JobTransaction(self, self._transactions, self._deadline)

    async def change_some(self, statement: str, *arguments: object, limit: int) -> int:
        """Runs a statement that changes up to `limit` rows, its last argument, and returns how many they were.

        It ends the job, which is due again at once if there may be more rows. Errors: of `transaction`.
        """
        async with self.transaction() as transaction:
            [(count,)] = await transaction.fetch(statement, *arguments, limit)
            if count == limit:
                self.repeat()
        return int(count)

    async def end_in(self, transaction: Transaction) -> None:
        """Ends the job in the transaction. Errors: LeaseLost."""
        self._on_end()
        if await transaction.fetch_row(*self.end_statement()) is None:
            raise LeaseLost

    def end_statement(self) -> tuple[str, *tuple[object, ...]]:
        """The statement that ends the job, and its arguments. It returns a row unless the lease was lost."""
        held = (self._claim.id, self._claim.lease)
        if self.repeat_after is None:
            return (SQL.job_end, *held)
        return (SQL.job_repeat, *held, self.repeat_after)


# A class, for the reason that TransactionContext has.
class JobTransaction(AbstractAsyncContextManager[Transaction]):
    """`async with` around the effect of a job."""

    def __init__(
        self, run: JobRun, transactions: asyncio.Semaphore, deadline: asyncio.Timeout
    ) -> None:
        self._run = run
        self._transactions = transactions
        self._deadline = deadline
        self._context = run.database.transaction()

    async def __aenter__(self) -> Transaction:
        await self._acquire()
        try:
            self._transaction = await self._context.__aenter__()
        except BaseException:
            self._transactions.release()
            raise
        return self._transaction

    async def _acquire(self) -> None:
        """Waits until fewer transactions run. The job's timeout stands still meanwhile."""
        loop = asyncio.get_running_loop()
        ends_at = self._deadline.when() or loop.time()
        left = ends_at - loop.time()
        self._deadline.reschedule(None)
        try:
            await self._transactions.acquire()
        finally:
            self._deadline.reschedule(loop.time() + left)

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            if error is None:
                try:
                    await self._run.end_in(self._transaction)
                except BaseException as failure:
                    await self._context.__aexit__(type(failure), failure, failure.__traceback__)
                    raise
            await self._context.__aexit__(kind, error, traceback)
            self._run.has_ended = error is None
        finally:
            self._transactions.release()
