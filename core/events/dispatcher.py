"""The dispatcher: reads the event log once for everything in this process that waits for events."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Protocol

from core.database.database import DatabaseUnavailable
from core.events import dispatcher_metrics
from core.events.async_utils import cancel_and_wait
from core.events.event_log import EventLog, EventRow, LogHolder, Reading
from core.events.event_types import SESSION_REVOKED
from core.events.log_positions import START, Position
from core.events.notifier import Notifier
from core.events.revocations import RevocationReader, Revoke

logger = logging.getLogger(__name__)

READ_AT_ONCE = 1_000
POLL_SECONDS = 1.0
PAUSE_SECONDS = 0.004
"""Between two readings: under a storm of rings a reading then finds several events."""
PAUSE_WITHOUT_AUDIENCE_SECONDS = 0.1
HELD_BACK_SECONDS = (0.004, 0.008, 0.016, 0.032, 0.064, 0.125, 0.25)
"""When to look again for what waits for an open transaction; those who end one without an event do not ring."""
RETRY_SECONDS = (0.05, 0.1, 0.25, 0.5, 1.0)
DELIVERY_SECONDS = 30.0
"""How long a listener may take to deliver what was read, with all attempts; a failover of PostgreSQL takes less."""
HOLDERS_AFTER = 3
"""After so many looks in vain: whose transaction it is that holds events back."""
REPORT_SECONDS = 5.0
"""A transaction that has held events back for so long is named in the log and in the metrics."""


class Listener(Protocol):
    """What the dispatcher gives events to."""

    @property
    def has_subscribers(self) -> bool:
        """Whether it has anybody to tell."""

    async def deliver(self, events: Sequence[EventRow], position: Position) -> None:
        """Takes the next events, in order, complete up to the position.

        Errors: DatabaseUnavailable; then it is given the same events again and must not pass on
        twice what it has passed on.
        """

    def force_resync(self, position: Position) -> None:
        """Ends what was to be given the events up to the position, so that it resumes: they were not delivered."""

    async def restart(self) -> None:
        """Looks anew where in the log it stands: the log is another one than before."""


class Dispatcher:
    """One reader of the log for a process. Needs `start`; `close` ends it."""

    def __init__(
        self,
        log: EventLog,
        notifier: Notifier,
        *,
        recent_revocations: timedelta = timedelta(0),
    ) -> None:
        """`recent_revocations`: how far back ends of sessions still matter when it starts."""
        self.log = log
        self._notifier = notifier
        self._revocations = RevocationReader(log, recent=recent_revocations)
        self._listeners: list[Listener] = []
        self._subscriber_added = asyncio.Event()
        self._position = START
        self._wanted = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._lost = 0
        self._foreign: list[int] = []
        """Running transactions known to be other databases'; they hold nothing back."""
        self._reported: LogHolder | None = None

    def add(self, listener: Listener) -> None:
        """Gives the listener all events from now on; before `start`."""
        self._listeners.append(listener)

    def on_revocation(self, revoke: Revoke) -> None:
        """Calls this when sessions have ended, whoever listens; before `start`."""
        self._revocations.add(revoke)

    def subscriber_added(self) -> None:
        """Says that somebody has joined a listener's audience."""
        self._subscriber_added.set()

    def _has_audience(self) -> bool:
        return any(listener.has_subscribers for listener in self._listeners)

    @property
    def position(self) -> Position:
        """All up to here has been given to the listeners, or is being given."""
        return self._position

    async def start(self) -> None:
        """Begins to read. Errors: DatabaseUnavailable."""
        self._position = await self.log.end()
        await self._revocations.start()
        await self._notifier.open(self._wake)
        self._task = asyncio.create_task(self._run(), name="dispatcher")

    async def close(self) -> None:
        await self._notifier.close()
        await self._revocations.close()
        if self._task is not None:
            await cancel_and_wait([self._task])
            self._task = None

    def _wake(self) -> None:
        self._wanted.set()
        self._revocations.wake()

    async def _run(self) -> None:
        looked_in_vain = 0
        while True:
            reading = await self._read()
            if not reading.is_same_log:
                await self._restart()
                continue
            dispatcher_metrics.CACHE_DEGRADED.set(not self._notifier.is_connected)
            await self._tell(reading)
            if not reading.held_back:
                looked_in_vain = 0
                wait = POLL_SECONDS
            elif reading.events:
                looked_in_vain = 0
                wait = 0.0
            else:
                wait = HELD_BACK_SECONDS[min(looked_in_vain, len(HELD_BACK_SECONDS) - 1)]
                looked_in_vain += 1
                if looked_in_vain >= HOLDERS_AFTER and await self._knows_more_foreign():
                    wait = 0.0
            await self._pause(wait)

    async def _pause(self, at_most: float) -> None:
        """Returns when somebody rings, or after so many seconds."""
        if self._has_audience():
            await asyncio.sleep(PAUSE_SECONDS)
        else:
            self._subscriber_added.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(PAUSE_WITHOUT_AUDIENCE_SECONDS):
                    await self._subscriber_added.wait()
        if at_most == 0:
            return
        try:
            async with asyncio.timeout(at_most):
                await self._wanted.wait()
        except TimeoutError:
            with suppress(DatabaseUnavailable):
                await self._measure()

    async def _measure(self) -> None:
        """Sets the figures of what is held back, and names who has been holding it back for long."""
        delay = await self.log.delay(self._foreign)
        dispatcher_metrics.LOG_DELAY.set(delay)
        holder = None
        if delay >= REPORT_SECONDS:
            holders = await self.log.holders()
            holder = next((each for each in holders if not each.is_foreign), None)
        self._report(holder, delay)

    def _report(self, holder: LogHolder | None, delay: float) -> None:
        before, self._reported = self._reported, holder
        if before is not None and (holder is None or holder.transaction != before.transaction):
            dispatcher_metrics.LOG_HOLDER.labels(
                before.pid, before.database, before.application
            ).set(0)
        if holder is None:
            return
        age = holder.seconds or delay
        dispatcher_metrics.LOG_HOLDER.labels(holder.pid, holder.database, holder.application).set(
            age
        )
        if before is None or holder.transaction != before.transaction:
            logger.warning(
                "Events have been waiting for %.0f s for the end of transaction %d, %.0f s old: process %s, "
                "application %r, database %s.",
                *(delay, holder.transaction, age),
                *(holder.pid, holder.application, holder.database),
            )

    async def _knows_more_foreign(self) -> bool:
        """Looks whether other databases' transactions seem to hold events back. Whether there are new ones."""
        try:
            holders = await self.log.holders()
        except DatabaseUnavailable:
            return False
        known, self._foreign = (
            self._foreign,
            [each.transaction for each in holders if each.is_foreign],
        )
        return not set(self._foreign) <= set(known)

    async def _restart(self) -> None:
        """Goes on at the end of a log that lacks the event up to which it was read: a backup was restored, or a replica
        took over without the newest transactions.
        """
        logger.warning(
            "The event log is not the one that was read so far; the position of each subscription is judged anew."
        )
        self._foreign = []
        while True:
            try:
                self._position = await self.log.end()
                await self._revocations.begin()
                break
            except DatabaseUnavailable as error:
                await self._recover(error)
        for listener in self._listeners:
            await listener.restart()

    async def _read(self) -> Reading:
        while True:
            self._wanted.clear()
            try:
                reading = await self._next()
            except DatabaseUnavailable as error:
                await self._recover(error)
            else:
                self._lost = 0
                return reading

    async def _next(self) -> Reading:
        """What has happened; without an audience, only where the log ends."""
        if not self._has_audience():
            end = await self.log.end(self._foreign)
            # Who has come meanwhile counts on all that is behind the position of before.
            if not self._has_audience():
                return Reading([], end, held_back=False)
        return await self.log.since(self._position, limit=READ_AT_ONCE, foreign=self._foreign)

    async def _tell(self, reading: Reading) -> None:
        """Gives the listeners what was read; until they have it, nothing else is read."""
        # Also here, so that nothing that happened later is delivered to a session that has ended.
        self._revocations.pass_on(
            [event for event in reading.events if event.kind == SESSION_REVOKED]
        )
        self._position = reading.position
        dispatcher_metrics.EVENTS_READ.inc(len(reading.events))
        if not reading.events:
            return
        for listener in self._listeners:
            await self._deliver(listener, reading)

    async def _deliver(self, listener: Listener, reading: Reading) -> None:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + DELIVERY_SECONDS
        while True:
            try:
                async with asyncio.timeout_at(deadline):
                    await listener.deliver(reading.events, reading.position)
            except (DatabaseUnavailable, TimeoutError) as error:
                if loop.time() >= deadline:
                    logger.warning(
                        "Events were not delivered within %g s; their subscribers have to resume.",
                        DELIVERY_SECONDS,
                    )
                    listener.force_resync(reading.position)
                    return
                await self._recover(error)
            except Exception:
                # One listener's fault must not stop the others, nor the log.
                logger.exception("Events could not be delivered")
                return
            else:
                self._lost = 0
                return

    async def _recover(self, error: Exception) -> None:
        dispatcher_metrics.LOG_READ_FAILURES.inc()
        if self._lost == 0:
            logger.warning("The event log can't be read, trying again: %s", error)
        await asyncio.sleep(RETRY_SECONDS[min(self._lost, len(RETRY_SECONDS) - 1)])
        self._lost += 1
