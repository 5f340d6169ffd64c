"""The hub: reads the event log once for everything in this process that waits for events."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Protocol

from core.database.pool import DatabaseUnavailable
from core.events import metrics
from core.events.doorbell import Doorbell
from core.events.kinds import SESSION_REVOKED
from core.events.log import EventLog, EventRow, Reading
from core.events.positions import Position
from core.events.tasks import end

logger = logging.getLogger(__name__)

READ_AT_ONCE = 1_000
POLL_SECONDS = 1.0
PAUSE_SECONDS = 0.004
"""Between two readings: under a storm of rings a reading then finds several events."""
PAUSE_WITHOUT_AUDIENCE_SECONDS = 0.1
HELD_BACK_SECONDS = (0.004, 0.008, 0.016, 0.032, 0.064, 0.125, 0.25)
"""When to look again for what waits for an open transaction; those who end one without an event do not ring."""
RETRY_SECONDS = (0.05, 0.1, 0.25, 0.5, 1.0)


class Listener(Protocol):
    """What the hub gives events to."""

    @property
    def has_audience(self) -> bool:
        """Whether it has anybody to tell."""

    async def deliver(self, events: Sequence[EventRow], position: Position) -> None:
        """Takes the next events, in order, complete up to the position.

        Errors: DatabaseUnavailable; then it is given the same events again and must not pass on
        twice what it has passed on.
        """


Revoke = Callable[[Sequence[EventRow]], None]
"""Ends what these sessions had. Told before any event of a later moment, maybe twice."""


class Hub:
    """One reader of the log for a process. Needs `start`; `close` ends it."""

    def __init__(self, log: EventLog, doorbell: Doorbell) -> None:
        self.log = log
        self._doorbell = doorbell
        self._listeners: list[Listener] = []
        self._revokers: list[Revoke] = []
        self._audiences: list[Callable[[], bool]] = []
        self._arrived = asyncio.Event()
        self._position = Position(0, 0)
        self._wanted = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._lost = 0

    def add(self, listener: Listener) -> None:
        """Gives the listener all events from now on; before `start`."""
        self._listeners.append(listener)
        self._audiences.append(lambda: listener.has_audience)

    def when_revoked(self, revoke: Revoke, has_audience: Callable[[], bool]) -> None:
        """Calls this when sessions have ended, if it concerns anybody; before `start`."""
        self._revokers.append(revoke)
        self._audiences.append(has_audience)

    def arrived(self) -> None:
        """Says that somebody has joined a listener's audience."""
        self._arrived.set()

    def _has_audience(self) -> bool:
        return any(has_audience() for has_audience in self._audiences)

    @property
    def position(self) -> Position:
        """All up to here has been given to the listeners, or is being given."""
        return self._position

    async def start(self) -> None:
        """Begins to read. Errors: DatabaseUnavailable."""
        self._position = await self.log.end()
        await self._doorbell.open(self._wanted.set)
        self._task = asyncio.create_task(self._run(), name="hub")

    async def close(self) -> None:
        await self._doorbell.close()
        if self._task is not None:
            await end([self._task])
            self._task = None

    async def _run(self) -> None:
        looked_in_vain = 0
        while True:
            reading = await self._read()
            metrics.CACHE_DEGRADED.set(not self._doorbell.is_connected)
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
            await self._pause(wait)

    async def _pause(self, at_most: float) -> None:
        """Returns when somebody rings, or after so many seconds."""
        if self._has_audience():
            await asyncio.sleep(PAUSE_SECONDS)
        else:
            self._arrived.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(PAUSE_WITHOUT_AUDIENCE_SECONDS):
                    await self._arrived.wait()
        try:
            async with asyncio.timeout(at_most):
                await self._wanted.wait()
        except TimeoutError:
            metrics.LOG_DELAY.set(await self._delay())

    async def _delay(self) -> float:
        try:
            return await self.log.delay()
        except DatabaseUnavailable:
            return 0.0

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
            end = await self.log.end()
            # Who has come meanwhile counts on all that is behind the position of before.
            if not self._has_audience():
                return Reading([], end, held_back=False, revocations=[])
        return await self.log.since(self._position, limit=READ_AT_ONCE)

    async def _tell(self, reading: Reading) -> None:
        """Gives the listeners what was read; until they have it, nothing else is read."""
        revocations = [
            *(event for event in reading.events if event.kind == SESSION_REVOKED),
            *reading.revocations,
        ]
        if revocations:
            for revoke in self._revokers:
                revoke(revocations)
        self._position = reading.position
        metrics.EVENTS_READ.inc(len(reading.events))
        if not reading.events:
            return
        for listener in self._listeners:
            await self._deliver(listener, reading)

    async def _deliver(self, listener: Listener, reading: Reading) -> None:
        while True:
            try:
                await listener.deliver(reading.events, reading.position)
            except DatabaseUnavailable as error:
                await self._recover(error)
            except Exception:
                # One listener's fault must not stop the others, nor the log.
                logger.exception("Events could not be delivered")
                return
            else:
                self._lost = 0
                return

    async def _recover(self, error: DatabaseUnavailable) -> None:
        metrics.LOG_READ_FAILURES.inc()
        if self._lost == 0:
            logger.warning("The event log can't be read, trying again: %s", error)
        await asyncio.sleep(RETRY_SECONDS[min(self._lost, len(RETRY_SECONDS) - 1)])
        self._lost += 1
