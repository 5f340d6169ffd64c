"""The worker: one process that runs consumers of the event log and jobs. Any number may run side by side."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from contextlib import suppress
from typing import NamedTuple

from core.database.database import Database, DatabaseUnavailable
from core.database.waiting_queue import HAS_PRIORITY
from core.events.cancellation import cancel_and_wait
from core.events.event_log import EventLog
from core.events.notifier import Notifier
from core.jobs import metrics
from core.jobs.consumer_runner import ConsumerRunner
from core.jobs.job_runner import RENEW_SECONDS, JobRunner
from core.jobs.registry import CONSUMERS, KINDS, Consumer, JobKind
from core.jobs.runner import Runner
from core.jobs.statements import SQL

logger = logging.getLogger(__name__)

CONNECTIONS = 2
"""One is for leases, one for consumers."""
JOB_CONNECTIONS = 2
"""One is for the transactions that end jobs, one for whatever else jobs do in the database."""
IDLE_SECONDS = 20.0
"""How long no job has begun when the connections of jobs are closed."""
RETRY_SECONDS = 5.0
CHECK_SECONDS = 1.0
MEASURE_SECONDS = 5.0
MAX_COUNTED = 10_000
REPEAT_SECONDS = 0.05
"""How much later than by this process's clock a job may be due by PostgreSQL's."""
STOP_CLAIMING_SECONDS = 0.3
GRACE_SECONDS = 0.7
"""How long running jobs and batches may go on when the worker stops."""
CANCEL_SECONDS = 0.3
RELEASE_SECONDS = 0.3


class Round(NamedTuple):
    """How many runs of consumers and of jobs one round has started."""

    consumers: int
    jobs: int


class Worker:
    """Consumers and jobs."""

    def __init__(
        self,
        database: Database,
        job_database: Database,
        log: EventLog,
        notifier: Notifier,
        *,
        consumers: Mapping[str, Consumer] = CONSUMERS,
        kinds: Mapping[str, JobKind] = KINDS,
    ) -> None:
        """`job_database`: connections for jobs alone, which can't take those of leases and consumers."""
        self._database = database
        self._job_database = job_database
        self._notifier = notifier
        self.jobs = JobRunner(database, job_database, kinds, on_commit=self._notifier.notify)
        self.consumers = ConsumerRunner(database, log, consumers, on_commit=self._on_commit)
        self._measured: set[tuple[str, str]] = set()

    def wake(self) -> None:
        """Makes the worker look for events and jobs soon."""
        self.consumers.wake()
        self.jobs.wake()

    def _on_commit(self) -> None:
        self.jobs.wake()
        self._notifier.notify()

    async def run(self, stopping: asyncio.Event) -> None:
        """Works until the event is set. Then ends within two seconds, and leaves what it did not finish to others.

        Errors: TaskStuck, after which the process must end at once.
        """
        loops: list[asyncio.Task[None]] = []
        try:
            if not await self._is_registered(stopping):
                return
            # Only now: events of before are not handled by a consumer that is new.
            logger.info("The worker has started.")
            await self._notifier.open(self.wake)
            loops += [
                asyncio.create_task(self.jobs.run(), name="worker: jobs"),
                asyncio.create_task(self.consumers.run(), name="worker: consumers"),
                asyncio.create_task(self._renew(), name="worker: leases"),
                asyncio.create_task(self._check(), name="worker: check"),
                asyncio.create_task(self._measure(), name="worker: metrics"),
                asyncio.create_task(_wait_for(stopping), name="worker: stopping"),
            ]
            ended, _ = await asyncio.wait(loops, return_when=asyncio.FIRST_COMPLETED)
            for each in ended:
                each.result()
        finally:
            await self._end_uninterrupted(loops)

    async def run_once(self) -> Round:
        """Handles the events that are there, then runs the jobs that are due, scheduled ones whether due or not.

        Returns how many runs were started.

        Errors: DatabaseUnavailable, TaskStuck.
        """
        await self._register()
        try:
            # First: events that a consumer has not handled do not expire.
            [first] = await self._until_idle(self.consumers)
            await self.jobs.make_scheduled_due()
            then, jobs = await self._until_idle(self.consumers, self.jobs)
            return Round(consumers=first + then, jobs=jobs)
        finally:
            await self._end_uninterrupted([])

    async def _until_idle(self, *runners: Runner) -> list[int]:
        """Runs what is due until nothing is left; returns how many runs of each.

        Errors: DatabaseUnavailable, TaskStuck.
        """
        loop = asyncio.get_running_loop()
        totals = [0] * len(runners)
        while True:
            # Asked before: while the claims are read, a run may end that makes something due.
            is_idle = (
                not any(each.runs for each in runners)
                and loop.time() > self.jobs.repeats_at + REPEAT_SECONDS
            )
            started = [await each.start_due() for each in runners]
            totals = [total + new for total, new in zip(totals, started, strict=True)]
            if is_idle and not any(started):
                return totals
            await asyncio.sleep(0.01)
            self._check_runs()
            await self._renew_leases()

    async def _register(self) -> None:
        await self.consumers.register()
        await self.jobs.register()

    async def _is_registered(self, stopping: asyncio.Event) -> bool:
        """Registers as soon as the database is available. False if the worker is to stop before."""
        while not stopping.is_set():
            try:
                await self._register()
            except DatabaseUnavailable as error:
                logger.warning("The database can't be reached; trying again: %s", error)
                with suppress(TimeoutError):
                    async with asyncio.timeout(RETRY_SECONDS):
                        await stopping.wait()
            else:
                return True
        return False

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(RENEW_SECONDS)
            await self._renew_leases()

    async def _renew_leases(self) -> None:
        try:
            await self.jobs.renew()
        except DatabaseUnavailable as error:
            logger.warning("The leases of jobs were not prolonged: %s", error)

    async def _check(self) -> None:
        """Closes connections of jobs that are idle. Errors: TaskStuck."""
        while True:
            await asyncio.sleep(CHECK_SECONDS)
            if self.jobs.idle_seconds > IDLE_SECONDS:
                self._job_database.close_unused()
            self._check_runs()

    def _check_runs(self) -> None:
        self.jobs.runs.check()
        self.consumers.runs.check()

    async def _measure(self) -> None:
        """Sets the metrics of the queue and of the consumers."""
        HAS_PRIORITY.set(True)
        while True:
            with suppress(DatabaseUnavailable):
                await self.measure()
            await asyncio.sleep(MEASURE_SECONDS)

    async def measure(self) -> None:
        """Reads the figures once. Errors: DatabaseUnavailable. Cost: three statements."""
        lags = await self._database.fetch(SQL.consumers_lag, MAX_COUNTED)
        waiting = await self._database.fetch(SQL.jobs_waiting, MAX_COUNTED)
        dead = await self._database.fetch(SQL.jobs_dead, MAX_COUNTED)
        figures = {("waiting", kind): count for kind, count, _ in waiting}
        figures |= {("oldest", kind): seconds for kind, _, seconds in waiting}
        figures |= {("dead", kind): count for kind, count in dead}
        figures |= {("lag events", name): events for name, events, _ in lags}
        figures |= {("lag seconds", name): seconds for name, _, seconds in lags}
        gauges = {
            "lag events": metrics.CONSUMER_LAG_EVENTS,
            "lag seconds": metrics.CONSUMER_LAG_SECONDS,
            "waiting": metrics.JOBS_WAITING,
            "oldest": metrics.JOBS_OLDEST_SECONDS,
            "dead": metrics.JOBS_DEAD,
        }
        for gauge, label in self._measured | figures.keys():
            gauges[gauge].labels(label).set(figures.get((gauge, label), 0))
        self._measured = set(figures)

    async def _end_uninterrupted(self, loops: list[asyncio.Task[None]]) -> None:
        """Ends everything. A cancellation meanwhile takes effect when it has ended, within two seconds."""
        ending = asyncio.create_task(self._end(loops), name="worker: end")
        try:
            await asyncio.wait([ending])
        finally:
            await asyncio.wait([ending])
        ending.result()

    async def _end(self, loops: list[asyncio.Task[None]]) -> None:
        self.jobs.stop()
        self.consumers.stop()
        if loops:
            await asyncio.wait(loops[:2], timeout=STOP_CLAIMING_SECONDS)
        await cancel_and_wait(loops)
        ends = [
            asyncio.create_task(
                runner.end(grace_seconds=GRACE_SECONDS, cancel_seconds=CANCEL_SECONDS)
            )
            for runner in (self.jobs, self.consumers)
        ]
        _, late = await asyncio.wait(ends, timeout=GRACE_SECONDS + CANCEL_SECONDS + RELEASE_SECONDS)
        await cancel_and_wait(late)
        for each in ends:
            if not each.cancelled() and isinstance(each.exception(), DatabaseUnavailable):
                # They expire by themselves.
                logger.warning("Leases were not given up: %s", each.exception())
        await self._notifier.close()


async def _wait_for(event: asyncio.Event) -> None:
    await event.wait()
