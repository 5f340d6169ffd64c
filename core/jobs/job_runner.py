"""Runs jobs: claims those that are due, prolongs their leases, ends, repeats, retries or buries them."""

from __future__ import annotations

import asyncio
import logging
import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta

import asyncpg

from core.database.database import Database, DatabaseUnavailable
from core.database.group_commit import GroupCommit
from core.database.waiting_queue import HAS_PRIORITY
from core.jobs import metrics
from core.jobs.backoff import MAX_SECONDS, pause_before_retry
from core.jobs.causes import CAUSE
from core.jobs.failures import reason, unless_cancelled
from core.jobs.job_run import JobClaim, JobRun, LeaseLost
from core.jobs.registry import JobKind
from core.jobs.runner import POLL_SECONDS, Runner
from core.jobs.statements import SQL

logger = logging.getLogger(__name__)

SLOTS = 32
"""How many jobs run at once."""
LEASE = timedelta(seconds=20)
RENEW_SECONDS = 5.0
MAX_LOST = 5
"""A job with which so many workers have ended is not given to another one."""


def schedule_key(kind: JobKind) -> str:
    """The unique key of the job of a scheduled kind."""
    return f"schedule {kind.name}"


@dataclass(slots=True, eq=False)
class HeldJob:
    """A job that this process holds."""

    lease: int
    task: asyncio.Task[None] | None
    """None while it waits to run alone."""
    is_ending: bool = False
    """Whether its run gives up the lease itself. A lease that is missing then is not lost."""


class JobRunner(Runner):
    """Runs the jobs of one worker."""

    def __init__(
        self,
        database: Database,
        job_database: Database,
        kinds: Mapping[str, JobKind],
        *,
        slots: int = SLOTS,
        on_commit: Callable[[], None] = lambda: None,
    ) -> None:
        """`job_database`: what jobs are given. All its connections but one are for the transactions that end them.
        `on_commit`: called when a job's own transaction is committed, which may have written events.
        """
        super().__init__("Jobs")
        self._database = database
        self._on_commit = on_commit
        self._job_database = job_database
        self._kinds = kinds
        self._slots = slots
        self._transactions = asyncio.Semaphore(max(job_database.size - 1, 1))
        self._ends = GroupCommit(database, SQL.jobs_end)
        self._held: dict[int, HeldJob] = {}
        self._running: Counter[str] = Counter()
        """How many jobs of each kind run."""
        self._suspect: JobClaim | None = None
        """A claimed job whose worker ended while it ran. It waits to run alone: if it ends this process, too, no other
        job suffers with it.
        """
        self._alone: asyncio.Task[None] | None = None
        self._began_at = 0.0
        """When, by the loop's clock, the last job began."""
        self.repeats_at = 0.0
        """When, by the loop's clock, the last job is due that is about to run again."""

    @property
    def idle_seconds(self) -> float:
        """How long ago the last job began."""
        return asyncio.get_running_loop().time() - self._began_at

    async def register(self) -> None:
        """Adds the jobs of scheduled kinds. Errors: DatabaseUnavailable."""
        for kind in self._scheduled():
            await self._database.write(
                *(SQL.job_enqueue, kind.name, "{}", int(kind.priority), 0, schedule_key(kind), None)
            )

    async def make_scheduled_due(self) -> None:
        """Makes the jobs of scheduled kinds due at once. Errors: DatabaseUnavailable."""
        keys = [schedule_key(kind) for kind in self._scheduled()]
        await self._database.write(SQL.jobs_make_due, keys)

    def _scheduled(self) -> list[JobKind]:
        return [kind for kind in self._kinds.values() if kind.every is not None]

    def pause(self, started: int, *, was_awakened: bool) -> float:  # noqa: ARG002  # the consumers' runner needs it
        return 0 if started else POLL_SECONDS

    async def start_due(self) -> int:
        """Claims and starts due jobs, as many as there are free slots; returns their number.

        Errors: DatabaseUnavailable.
        """
        if self._runs_suspect():
            return 0
        started = 0
        for kinds, limit in self._claimable():
            lease = random.getrandbits(63)
            rows = await self._database.write(SQL.jobs_claim, kinds, limit, lease, LEASE)
            started += len(rows)
            for row in rows:
                claim = JobClaim(*row)
                if claim.lost:
                    self._held[claim.id] = HeldJob(claim.lease, None)
                    self._suspect = claim
                else:
                    self._start(claim)
            if self._runs_suspect():
                break
        metrics.JOBS_RUNNING.set(len(self.runs))
        return started

    def _claimable(self) -> Iterator[tuple[list[str], int]]:
        """Kinds, and how many jobs of these may start. Those of which few run at once are claimed one by one."""
        limits = {kind.name: kind.at_once for kind in self._kinds.values() if kind.at_once}
        others = [name for name in self._kinds if name not in limits]
        for kinds, limit in [(others, self._slots), *(([name], limits[name]) for name in limits)]:
            free = min(
                self._slots - len(self.runs), limit - sum(self._running[each] for each in kinds)
            )
            if kinds and free > 0:
                yield kinds, free

    def _runs_suspect(self) -> bool:
        """Starts the suspect if nothing else runs. Whether there is one, so that nothing else may start."""
        if self._suspect is not None and not len(self.runs):
            suspect, self._suspect = self._suspect, None
            self._alone = self._start(suspect)
        return self._suspect is not None or (self._alone is not None and not self._alone.done())

    def _start(self, claim: JobClaim) -> asyncio.Task[None]:
        self._began_at = asyncio.get_running_loop().time()
        deadline = asyncio.timeout(self._kinds[claim.kind].timeout_seconds)
        task = self.runs.start(self._run(claim, deadline), deadline, f"job {claim.kind} {claim.id}")
        self._held[claim.id] = HeldJob(claim.lease, task)
        self._running[claim.kind] += 1
        task.add_done_callback(lambda _: self._running.subtract([claim.kind]))
        return task

    async def renew(self) -> None:
        """Prolongs the leases of all jobs, and cancels those that were lost. Errors: DatabaseUnavailable."""
        HAS_PRIORITY.set(True)
        self._held = {
            id: each for id, each in self._held.items() if each.task is None or not each.task.done()
        }
        held = dict(self._held)
        if not held:
            return
        leases = [each.lease for each in held.values()]
        rows = await self._database.write(SQL.jobs_renew, list(held), leases, LEASE)
        for id in held.keys() - {row[0] for row in rows}:
            lost = self._held.get(id)
            if lost is not None and lost is held[id] and not lost.is_ending:
                self._give_up(id, lost)

    def _give_up(self, id: int, lost: HeldJob) -> None:
        del self._held[id]
        if self._suspect is not None and self._suspect.id == id:
            self._suspect = None
        if lost.task is not None:
            logger.warning("Job %d lost its lease; it is cancelled.", id)
            lost.task.cancel()

    async def end(self, *, grace_seconds: float, cancel_seconds: float) -> None:
        """Ends all jobs, and gives up the leases of those that were cancelled, unless they are stuck.

        Errors: DatabaseUnavailable.
        """
        stuck = self.runs.stuck()
        await self.runs.end(grace_seconds=grace_seconds, cancel_seconds=cancel_seconds)
        await self._ends.close()
        held = {id: each for id, each in self._held.items() if each.task not in stuck}
        self._held = {}
        if held:
            leases = [each.lease for each in held.values()]
            await self._database.write(SQL.jobs_release, list(held), leases)

    async def _run(self, claim: JobClaim, deadline: asyncio.Timeout) -> None:
        kind = self._kinds[claim.kind]
        CAUSE.set(claim.cause)
        held = self._held[claim.id]
        loop = asyncio.get_running_loop()
        began = loop.time()
        outcome = "failed"
        try:
            if claim.lost >= MAX_LOST:
                held.is_ending = True
                await self._bury(claim, f"{claim.lost} workers ended while they ran it.")
                outcome = "dead"
            else:
                await self._perform(claim, kind, deadline, held)
                outcome = "succeeded"
        except LeaseLost:
            outcome = "lost"
            logger.warning("Job %s %d lost its lease; it was rolled back.", kind.name, claim.id)
        except Exception as error:  # noqa: BLE001  # a job may raise anything
            held.is_ending = True
            outcome = await self._fail(claim, kind, error)
        self._held.pop(claim.id, None)
        metrics.JOB_RUNS.labels(kind.name, outcome).inc()
        metrics.JOB_SECONDS.labels(kind.name).observe(loop.time() - began)

    async def _perform(
        self, claim: JobClaim, kind: JobKind, deadline: asyncio.Timeout, held: HeldJob
    ) -> None:
        """Errors: LeaseLost, those of the job."""

        def ending() -> None:
            held.is_ending = True

        run = JobRun(
            *(claim, kind.every, self._job_database, self._transactions, deadline), on_end=ending
        )
        try:
            async with deadline:
                await unless_cancelled(kind.perform(run))
        except TimeoutError as error:
            if not deadline.expired():
                raise
            raise TimeoutError(f"It did not end within {kind.timeout_seconds:g} s.") from error
        except Exception:
            if not run.has_ended:
                raise
            logger.exception("Job %s %d failed after its transaction.", kind.name, claim.id)
        if run.has_ended:
            self._on_commit()
        else:
            ending()
            if run.repeat_after is None:
                has_ended = await self._ends.submit(claim.id, claim.lease) is not None
            else:
                has_ended = bool(await self._database.write(*run.end_statement()))
            if not has_ended:
                raise LeaseLost
        self._wake_for_repeat(run)

    def _wake_for_repeat(self, run: JobRun) -> None:
        """Looks for jobs when this one is due again, if that is before the next poll."""
        if run.repeat_after is None:
            return
        seconds = run.repeat_after.total_seconds()
        if seconds < POLL_SECONDS:
            loop = asyncio.get_running_loop()
            self.repeats_at = max(self.repeats_at, loop.time() + seconds)
            loop.call_later(seconds, self.wake)

    async def _fail(self, claim: JobClaim, kind: JobKind, error: Exception) -> str:
        """Stores the failure and when the job is tried again, or that it is dead. The outcome, for metrics."""
        is_last = kind.every is None and claim.attempts >= kind.attempts
        logger.log(
            logging.ERROR if is_last else logging.WARNING,
            "Job %s %d failed at attempt %d%s%s: %s",
            *(kind.name, claim.id, claim.attempts),
            "" if kind.every is not None else f" of {kind.attempts}",
            "" if claim.cause is None else f", caused by {claim.cause}",
            reason(error),
            exc_info=None if isinstance(error, DatabaseUnavailable) else error,
        )
        try:
            if is_last:
                await self._bury(claim, reason(error))
                return "dead"
            at_most = MAX_SECONDS if kind.every is None else kind.every.total_seconds()
            pause = pause_before_retry(claim.attempts, at_most=at_most)
            await self._database.write(
                SQL.job_postpone, claim.id, claim.lease, pause, reason(error)
            )
        except (DatabaseUnavailable, asyncpg.PostgresError) as unstored:
            # The lease expires, and a worker tries again.
            logger.warning("The failure of job %d was not stored: %s", claim.id, unstored)
        return "failed"

    async def _bury(self, claim: JobClaim, why: str) -> None:
        await self._database.write(SQL.job_bury, claim.id, claim.lease, why)
