"""The dispatcher: reads the event log once for all subscribers of a process."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Protocol

from core.database.database import DatabaseUnavailable
from core.database.waiting_queue import HAS_PRIORITY
from core.events import dispatcher_metrics
from core.events.cancellation import cancel_and_wait
from core.events.event_log import EventLog, EventRow, LogHolder, Reading
from core.events.event_types import SESSION_REVOKED
from core.events.log_positions import START, Position
from core.events.notifier import Notifier
from core.events.revocations import Hidden, RevocationReader, Revoke

logger = logging.getLogger(__name__)

READ_AT_ONCE = 1_000
POLL_SECONDS = 1.0
PAUSE_SECONDS = 0.004
"""Minimum time between two reads, so that a read under load returns several events."""
PAUSE_WITHOUT_SUBSCRIBERS_SECONDS = 0.1
HELD_BACK_SECONDS = (0.004, 0.008, 0.016, 0.032, 0.064, 0.125, 0.25)
"""Poll intervals while an open transaction holds events back: one that ends without an event sends no notification."""
RETRY_SECONDS = (0.05, 0.1, 0.25, 0.5, 1.0)
DELIVERY_SECONDS = 30.0
"""Timeout of one delivery to a listener, with all retries; longer than a failover of PostgreSQL takes."""
FIND_HOLDERS_AFTER = 3
"""The number of consecutive empty reads after which the transaction that holds events back is looked up."""
REPORT_SECONDS = 5.0
"""A transaction that holds events back for longer is named in the log and in the metrics."""


class Listener(Protocol):
    """A consumer of the dispatcher's events."""

    @property
    def has_subscribers(self) -> bool:
        """Whether any subscriber needs events."""

    async def deliver(self, events: Sequence[EventRow], position: Position) -> None:
        """Delivers the next events, in order, complete up to the position.

        Errors: DatabaseUnavailable. The same events are then delivered again; the listener must not pass an event on
        twice.
        """

    def force_resync(self, position: Position) -> None:
        """Ends the subscriptions that missed the undelivered events up to the position; their clients resume."""

    async def restart(self) -> None:
        """Checks the position of each subscription again: the log was replaced by another one."""


class Dispatcher:
    """The only reader of the log in a process. Call `start`, and `close` at the end."""

    def __init__(
        self,
        log: EventLog,
        notifier: Notifier,
        *,
        recent_revocations: timedelta = timedelta(0),
    ) -> None:
        """`recent_revocations`: how far back session revocations still matter at the start."""
        self.log = log
        self._notifier = notifier
        self._revocations = RevocationReader(log, recent=recent_revocations)
        self._listeners: list[Listener] = []
        self._subscriber_added = asyncio.Event()
        self._position = START
        self._notified = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._failures = 0
        self._foreign: list[int] = []
        """Running transactions of other databases; they hold no events back."""
        self._reported: LogHolder | None = None

    def add(self, listener: Listener) -> None:
        """Adds a listener. Call it before `start`."""
        self._listeners.append(listener)

    def on_revocation(self, revoke: Revoke) -> None:
        """Adds a callback for session revocations. Call it before `start`."""
        self._revocations.add(revoke)

    def on_hidden(self, hidden: Hidden) -> None:
        """Adds a callback for events that hide anything from anonymous clients. Call it before `start`."""
        self._revocations.add_hidden(hidden)

    def subscriber_added(self) -> None:
        """Wakes the dispatcher: a listener has its first subscriber."""
        self._subscriber_added.set()

    def _has_subscribers(self) -> bool:
        return any(listener.has_subscribers for listener in self._listeners)

    @property
    def position(self) -> Position:
        """The position up to which events are delivered or being delivered."""
        return self._position

    async def start(self) -> None:
        """Starts to read at the end of the log. Errors: DatabaseUnavailable."""
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
        self._notified.set()
        self._revocations.wake()

    async def _run(self) -> None:
        # A full queue of reads must not refuse what is read for all subscribers.
        HAS_PRIORITY.set(True)
        empty_reads = 0
        while True:
            reading = await self._read()
            if not reading.is_same_log:
                await self._restart()
                continue
            dispatcher_metrics.CACHE_DEGRADED.set(not self._notifier.is_connected)
            await self._dispatch(reading)
            if not reading.has_more:
                empty_reads = 0
                wait = POLL_SECONDS
            elif reading.events:
                empty_reads = 0
                wait = 0.0
            else:
                wait = HELD_BACK_SECONDS[min(empty_reads, len(HELD_BACK_SECONDS) - 1)]
                empty_reads += 1
                if empty_reads >= FIND_HOLDERS_AFTER and await self._finds_new_foreign():
                    wait = 0.0
            await self._pause(wait)

    async def _pause(self, timeout_seconds: float) -> None:
        """Returns after a minimum pause, when a notification arrives or the timeout has passed."""
        if self._has_subscribers():
            await asyncio.sleep(PAUSE_SECONDS)
        else:
            self._subscriber_added.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(PAUSE_WITHOUT_SUBSCRIBERS_SECONDS):
                    await self._subscriber_added.wait()
        if timeout_seconds == 0:
            return
        try:
            async with asyncio.timeout(timeout_seconds):
                await self._notified.wait()
        except TimeoutError:
            with suppress(DatabaseUnavailable):
                await self._measure()

    async def _measure(self) -> None:
        """Sets the metrics of held-back events, and reports a transaction that holds them back for long."""
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
                "Events have been waiting for %.0f s for the end of transaction %d, which is %.0f s old: process %s, "
                "application %r, database %s.",
                *(delay, holder.transaction, age),
                *(holder.pid, holder.application, holder.database),
            )

    async def _finds_new_foreign(self) -> bool:
        """Updates the known transactions of other databases. Whether there are new ones."""
        try:
            holders = await self.log.holders()
        except DatabaseUnavailable:
            return False
        foreign = [each.transaction for each in holders if each.is_foreign]
        has_new = not set(foreign) <= set(self._foreign)
        self._foreign = foreign
        return has_new

    async def _restart(self) -> None:
        """Continues at the end of a log that lacks the last event read: a backup was restored, or a replica was
        promoted without the newest transactions.
        """
        logger.warning(
            "The event log was replaced by another one; the position of each subscription is checked again."
        )
        self._foreign = []
        while True:
            try:
                self._position = await self.log.end()
                await self._revocations.restart()
                break
            except DatabaseUnavailable as error:
                await self._recover(error)
        for listener in self._listeners:
            await listener.restart()

    async def _read(self) -> Reading:
        while True:
            self._notified.clear()
            try:
                reading = await self._next()
            except DatabaseUnavailable as error:
                await self._recover(error)
            else:
                self._failures = 0
                return reading

    async def _next(self) -> Reading:
        """The next events; without subscribers, only the end of the log."""
        if not self._has_subscribers():
            end = await self.log.end(self._foreign)
            # A subscriber that was added meanwhile needs all events after the previous position.
            if not self._has_subscribers():
                return Reading([], end, has_more=False)
        return await self.log.since(self._position, limit=READ_AT_ONCE, foreign=self._foreign)

    async def _dispatch(self, reading: Reading) -> None:
        """Delivers what was read to all listeners, before anything else is read."""
        # Revocations first, so that no later event is delivered to a session that has ended.
        self._revocations.revoke(
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
                        "Events were not delivered within %g s; their subscribers must resume.",
                        DELIVERY_SECONDS,
                    )
                    listener.force_resync(reading.position)
                    return
                await self._recover(error)
            except Exception:
                # A bug in one listener must not stop the others, or reading the log.
                logger.exception("Events could not be delivered.")
                return
            else:
                self._failures = 0
                return

    async def _recover(self, error: Exception) -> None:
        dispatcher_metrics.LOG_READ_FAILURES.inc()
        if self._failures == 0:
            logger.warning("The event log can't be read; trying again: %s", error)
        # A server that starts after a crash may give their numbers again.
        self._foreign = []
        await asyncio.sleep(RETRY_SECONDS[min(self._failures, len(RETRY_SECONDS) - 1)])
        self._failures += 1
