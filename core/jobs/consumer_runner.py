"""Runs consumers of the event log. A batch of events, what a consumer writes and its position commit together.

A consumer is leased for one batch at a time, and the lease is checked in the transaction that commits. So any number
of workers can run the same consumers: each event takes effect once, whatever ends when.
"""

from __future__ import annotations

import asyncio
import logging
import math
import random
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import timedelta
from typing import NamedTuple

import asyncpg

from core.database.database import Database, DatabaseUnavailable, Row
from core.events.event_log import EventLog, EventRow
from core.events.log_positions import Position
from core.jobs import metrics
from core.jobs.backoff import pause_before_retry
from core.jobs.causes import CAUSE
from core.jobs.dead_events import DEAD_EVENT, dead_event_arguments
from core.jobs.failures import reason, unless_cancelled
from core.jobs.job_run import LeaseLost
from core.jobs.registry import Consumer
from core.jobs.runner import POLL_SECONDS, Runner
from core.jobs.statements import SQL

logger = logging.getLogger(__name__)

BATCH_SECONDS = 10.0
"""Timeout of a batch. Its transaction holds back the events of others for as long."""
LEASE = timedelta(seconds=20)
NO_LEASE = timedelta(0)
ATTEMPTS = 6
"""After so many failures an event that fails alone becomes a dead job, and the consumer goes on."""
MAX_BEGUN = 8
"""After so many batches whose worker ended before them, the first event becomes a dead job."""
SHRINK, GROW = 4, 2
"""The batch after a failure is that much smaller, until the event that fails stands alone; then it grows again."""
MAX_RETRY_SECONDS = 30.0
LONGEST_PAUSE = timedelta(seconds=2 * MAX_RETRY_SECONDS)
"""No lease and no pause, with what chance adds to it, lasts longer."""
HELD_BACK_SECONDS = 0.05
"""The pause after which a notified runner reads again: the first read may have met an open transaction."""
FIND_HOLDERS_SECONDS = 0.05
"""How often, at most, transactions of other databases are looked up while nothing is due: they may hold events back."""


class ConsumerClaim(NamedTuple):
    """A claimed consumer."""

    name: str
    transaction: int
    id: int
    microsecond: int
    attempts: int
    is_ahead: bool
    """Whether its position was ahead of this cluster, and begins again."""

    @property
    def position(self) -> Position:
        return Position(self.transaction, self.id, self.microsecond)


class HeldConsumer(NamedTuple):
    """A consumer that this process holds."""

    lease: int
    task: asyncio.Task[None]


class ConsumerRunner(Runner):
    """Runs the consumers of one worker."""

    def __init__(
        self,
        database: Database,
        log: EventLog,
        consumers: Mapping[str, Consumer],
        *,
        on_commit: Callable[[], None],
    ) -> None:
        """`on_commit`: called after each batch, which may have added jobs."""
        super().__init__("Consumers")
        self._database = database
        self._log = log
        self._consumers = consumers
        self._on_commit = on_commit
        self._transactions = asyncio.Semaphore(1)
        self._held: dict[str, HeldConsumer] = {}
        self._events_at_once = {name: each.events_at_once for name, each in consumers.items()}
        self.foreign: Collection[int] = ()
        """Running transactions of other databases; they hold no events back."""
        self._looked_for_foreign_at = -math.inf

    async def register(self) -> None:
        """Adds the consumers that have no position yet. Errors: DatabaseUnavailable."""
        for each in self._consumers.values():
            await self._database.write(
                SQL.consumer_register, each.name, each.from_end, self.foreign
            )

    def pause(self, started: int, *, was_awakened: bool) -> float:  # noqa: ARG002  # the jobs' runner needs it
        return HELD_BACK_SECONDS if was_awakened else POLL_SECONDS

    async def start_due(self) -> int:
        """Starts the consumers that have events to handle; returns their number. Errors: DatabaseUnavailable."""
        self._held = {name: held for name, held in self._held.items() if not held.task.done()}
        names = [name for name in self._consumers if name not in self._held]
        if not names:
            return 0
        lease = random.getrandbits(63)
        try:
            rows = await self._claim(names, lease)
            if not rows and await self._finds_new_foreign():
                rows = await self._claim(names, lease)
        except DatabaseUnavailable:
            # A server that starts after a crash may give their numbers again.
            self.foreign = ()
            raise
        for row in rows:
            claim = ConsumerClaim(*row)
            deadline = asyncio.timeout(BATCH_SECONDS)
            batches = self._consume(claim, lease, deadline)
            task = self.runs.start(batches, deadline, f"consumer {claim.name}")
            self._held[claim.name] = HeldConsumer(lease, task)
        return len(rows)

    async def _claim(self, names: Sequence[str], lease: int) -> list[Row]:
        arguments = (names, lease, LEASE, self.foreign, LONGEST_PAUSE)
        return await self._database.write(SQL.consumers_claim, *arguments)

    async def _finds_new_foreign(self) -> bool:
        """Updates the known transactions of other databases, unless that was just done. Whether there are new ones."""
        now = asyncio.get_running_loop().time()
        if now < self._looked_for_foreign_at + FIND_HOLDERS_SECONDS:
            return False
        self._looked_for_foreign_at = now
        known = self.foreign
        self.foreign = [each.transaction for each in await self._log.holders() if each.is_foreign]
        return not set(self.foreign) <= set(known)

    async def end(self, *, grace_seconds: float, cancel_seconds: float) -> None:
        """Ends all batches, and gives up the leases of those that were cancelled, unless they are stuck.

        Errors: DatabaseUnavailable.
        """
        stuck = self.runs.stuck()
        await self.runs.end(grace_seconds=grace_seconds, cancel_seconds=cancel_seconds)
        for name, held in list(self._held.items()):
            if held.task not in stuck:
                await self._database.write(SQL.consumer_release, name, held.lease)
            del self._held[name]

    async def _consume(self, claim: ConsumerClaim, lease: int, deadline: asyncio.Timeout) -> None:
        """Handles batches until none is left, or one fails."""
        consumer = self._consumers[claim.name]
        if claim.is_ahead:
            logger.warning(
                "Consumer %s begins again at the start of the log: its position came from another cluster.",
                claim.name,
            )
        limit = min(
            self._events_at_once[claim.name],
            max(consumer.events_at_once // SHRINK ** (claim.attempts - 1), 1),
        )
        attempts = claim.attempts
        events: Sequence[EventRow] = ()
        position = claim.position
        is_held = True
        loop = asyncio.get_running_loop()
        try:
            async with deadline:
                while is_held and not self._is_stopping:
                    deadline.reschedule(loop.time() + BATCH_SECONDS)
                    before = position
                    reading = await self._log.since(position, limit=limit, foreign=self.foreign)
                    events, position = reading.events, reading.position
                    if not events:
                        break
                    if attempts > MAX_BEGUN:
                        why = f"{attempts - 1} batches with it were begun and none ended."
                        await self._bury(claim.name, lease, events[0], why)
                        is_held = False
                        break
                    handled = await self._handle(consumer, lease, before, events, limit)
                    is_held = len(events) == limit or handled < len(events)
                    position = Position(*events[handled - 1].identity) if handled else before
                    attempts = 1
                    limit = min(limit * GROW, consumer.events_at_once)
                    self._events_at_once[claim.name] = limit
            if is_held:
                await self._database.write(SQL.consumer_release, claim.name, lease)
        except LeaseLost:
            logger.warning("Consumer %s lost its lease; its batch was rolled back.", claim.name)
        except Exception as error:  # noqa: BLE001  # a consumer may raise anything
            await self._fail(claim.name, lease, attempts, events, error)
        self._held.pop(claim.name, None)

    async def _handle(
        self,
        consumer: Consumer,
        lease: int,
        before: Position,
        events: Sequence[EventRow],
        limit: int,
    ) -> int:
        """One batch, committed with the position after it; how many events were handled.

        Errors: LeaseLost, those of the consumer.
        """
        CAUSE.set(f"event {events[0].transaction}.{events[0].id}")
        async with self._transactions, self._database.transaction() as transaction:
            some = await unless_cancelled(consumer.consume(transaction, events))
            handled = len(events) if some is None else some
            last = events[handled - 1].identity if handled else before.newest
            is_more = len(events) == limit or handled < len(events)
            advanced = await transaction.fetch_row(
                SQL.consumer_advance,
                *(consumer.name, lease, *last),
                LEASE if is_more else NO_LEASE,
            )
            if advanced is None:
                raise LeaseLost
        metrics.CONSUMER_EVENTS.labels(consumer.name).inc(handled)
        self._on_commit()
        return handled

    async def _fail(
        self, name: str, lease: int, attempts: int, events: Sequence[EventRow], error: Exception
    ) -> None:
        """Makes the next batch smaller, or skips the event that fails alone; then the consumer pauses."""
        metrics.CONSUMER_FAILURES.labels(name).inc()
        is_unavailable = isinstance(error, DatabaseUnavailable)
        logger.warning(
            "Consumer %s failed at attempt %d with %d events: %s",
            *(name, attempts, len(events), reason(error)),
            exc_info=None if is_unavailable else error,
        )
        if is_unavailable:
            self.foreign = ()  # As in `start_due`.
        else:
            self._events_at_once[name] = max(len(events) // SHRINK, 1)
        try:
            if len(events) == 1 and attempts >= ATTEMPTS and not is_unavailable:
                await self._bury(name, lease, events[0], reason(error))
                return
            pause = pause_before_retry(attempts, at_most=MAX_RETRY_SECONDS)
            await self._database.write(SQL.consumer_postpone, name, lease, pause, reason(error))
        except (DatabaseUnavailable, LeaseLost, asyncpg.PostgresError) as failure:
            # The lease expires, and a worker tries again.
            logger.warning("The failure of consumer %s was not stored: %s", name, failure)

    async def _bury(self, name: str, lease: int, event: EventRow, why: str) -> None:
        """Makes the event a dead job, and moves the consumer past it."""
        async with self._database.transaction() as transaction:
            await transaction.fetch(
                SQL.job_bury_event, DEAD_EVENT, dead_event_arguments(name, event), why
            )
            advanced = await transaction.fetch_row(
                SQL.consumer_advance, name, lease, *event.identity, NO_LEASE
            )
            if advanced is None:
                raise LeaseLost
        logger.error(
            "Consumer %s skipped event %d.%d; it is a dead job in the admin: %s",
            *(name, event.transaction, event.id, why),
        )
