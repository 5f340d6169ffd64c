"""Reads the ends of sessions from the event log, apart from all other events: they may not be late."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import timedelta

from core.database.connection_pool import HAS_PRIORITY
from core.database.database import DatabaseUnavailable
from core.database.time_ordered_keys import key_at
from core.events.async_utils import cancel_and_wait
from core.events.event_log import EventLog, EventRow
from core.events.log_positions import START

logger = logging.getLogger(__name__)

POLL_SECONDS = 1.0
PAUSE_SECONDS = 0.25
"""Between two readings, however often there is something new in the log."""
RETRY_SECONDS = 0.5
READ_AT_ONCE = 10_000
RECENT_AT_MOST = 100_001

Revoke = Callable[[Sequence[EventRow]], None]
"""Ends what these sessions had. Called before any event of a later moment is delivered, maybe twice."""


def revoked_below(event: EventRow) -> int:
    """The keys of a user's sessions that an end of all of them concerns are below this."""
    return key_at(event.created_at, 0)


def revokes_session(event: EventRow, session_id: int) -> bool:
    """Whether the end of sessions concerns this one of the same user."""
    if event.subject_id is None:
        return session_id < revoked_below(event)
    return session_id == event.subject_id


class RevocationReader:
    """Passes the ends of sessions on within two seconds, whatever else the log has and whichever transactions are open.

    It begins with those of the recent past. Needs `start`; `close` ends it.
    """

    def __init__(self, log: EventLog, *, recent: timedelta) -> None:
        self._log = log
        self._recent = recent
        self._revokers: list[Revoke] = []
        self._position = START
        self._wanted = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._is_failing = False

    def add(self, revoke: Revoke) -> None:
        """Calls this with sessions that have ended; before `start`."""
        self._revokers.append(revoke)

    def pass_on(self, revocations: Sequence[EventRow]) -> None:
        """Ends what these sessions had."""
        if revocations:
            for revoke in self._revokers:
                revoke(revocations)

    def wake(self) -> None:
        """Says that there is something new in the log."""
        self._wanted.set()

    async def start(self) -> None:
        """Passes on the recent ones and begins to read. Errors: DatabaseUnavailable."""
        await self.begin()
        self._task = asyncio.create_task(self._run(), name="revocations")

    async def close(self) -> None:
        if self._task is not None:
            await cancel_and_wait([self._task])
            self._task = None

    async def begin(self) -> None:
        """Passes on the recent ones and goes on from now. Errors: DatabaseUnavailable."""
        position = await self._log.now()
        self.pass_on(await self._log.recent_revocations(self._recent, limit=RECENT_AT_MOST))
        self._position = position

    async def _run(self) -> None:
        HAS_PRIORITY.set(True)
        while True:
            self._wanted.clear()
            try:
                await self._read()
            except DatabaseUnavailable as error:
                if not self._is_failing:
                    logger.warning("Ends of sessions can't be read, trying again: %s", error)
                self._is_failing = True
                await asyncio.sleep(RETRY_SECONDS)
            except Exception:
                # Without this reader signing out would do nothing in this process: it must not end.
                logger.exception("Ends of sessions can't be read, trying again")
                await asyncio.sleep(RETRY_SECONDS)
            else:
                self._is_failing = False
                await self._pause()

    async def _pause(self) -> None:
        await asyncio.sleep(PAUSE_SECONDS)
        with suppress(TimeoutError):
            async with asyncio.timeout(POLL_SECONDS - PAUSE_SECONDS):
                await self._wanted.wait()

    async def _read(self) -> None:
        """Passes on what is new, page by page. What commits meanwhile is new to the next reading."""
        reading = await self._log.revocations_since(self._position, limit=READ_AT_ONCE)
        if not reading.is_same_log:
            # Another log than before: a backup was restored, or a replica took over.
            await self.begin()
            return
        seen = reading.position
        self.pass_on(reading.events)
        while len(reading.events) == READ_AT_ONCE:
            last = reading.events[-1]
            reading = await self._log.revocations_since(
                self._position, after=(last.transaction, last.id), limit=READ_AT_ONCE
            )
            self.pass_on(reading.events)
        self._position = seen
