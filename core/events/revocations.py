"""Reads from the event log what must not be late, separately from other events: session revocations, and whether
anything was hidden from anonymous clients.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import timedelta

from core.database.database import DatabaseUnavailable
from core.database.time_ordered_keys import key_at
from core.database.waiting_queue import HAS_PRIORITY
from core.events.cancellation import cancel_and_wait
from core.events.event_log import EventLog, EventRow
from core.events.log_positions import START

logger = logging.getLogger(__name__)

POLL_SECONDS = 1.0
PAUSE_SECONDS = 0.25
"""Minimum time between two reads."""
RETRY_SECONDS = 0.5
READ_AT_ONCE = 10_000
MAX_RECENT = 100_001
"""How many revocations are read at the start: one more than a process tracks, so that it notices more."""

Revoke = Callable[[Sequence[EventRow]], None]
"""Ends the connections and tokens of revoked sessions. Called before any later event is delivered, perhaps twice."""
Hidden = Callable[[], None]
"""Drops cached responses. Called when anything was hidden from anonymous clients, or may have been."""


def revoked_below(event: EventRow) -> int:
    """The key below which a revocation of all sessions of a user revokes them."""
    return key_at(event.created_at, 0)


def revokes_session(event: EventRow, session_id: int) -> bool:
    """Whether the revocation includes this session of the same user."""
    if event.subject_id is None:
        return session_id < revoked_below(event)
    return session_id == event.subject_id


class RevocationReader:
    """Calls callbacks within two seconds of a revocation or hiding, independently of other events and transactions.

    It starts with the revocations of the recent past. Call `start`, and `close` at the end.
    """

    def __init__(self, log: EventLog, *, recent: timedelta) -> None:
        self._log = log
        self._recent = recent
        self._callbacks: list[Revoke] = []
        self._on_hidden: list[Hidden] = []
        self._position = START
        self._notified = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._is_failing = False

    def add(self, revoke: Revoke) -> None:
        """Adds a callback. Call it before `start`."""
        self._callbacks.append(revoke)

    def add_hidden(self, hidden: Hidden) -> None:
        """Adds a callback for what is hidden. Call it before `start`."""
        self._on_hidden.append(hidden)

    def revoke(self, revocations: Sequence[EventRow]) -> None:
        """Calls the callbacks, if there are revocations."""
        if revocations:
            for revoke in self._callbacks:
                revoke(revocations)

    def wake(self) -> None:
        """Makes the reader read soon: the log has new events."""
        self._notified.set()

    async def start(self) -> None:
        """Handles recent revocations and starts to read. Errors: DatabaseUnavailable."""
        await self.restart()
        await self._read()  # By the clock that it reads, tokens expire.
        self._task = asyncio.create_task(self._run(), name="revocations")

    async def close(self) -> None:
        if self._task is not None:
            await cancel_and_wait([self._task])
            self._task = None

    async def restart(self) -> None:
        """Handles recent revocations and continues from now. Errors: DatabaseUnavailable."""
        position = await self._log.now()
        self.revoke(await self._log.recent_revocations(self._recent, limit=MAX_RECENT))
        self._position = position
        self._call_hidden()

    def _call_hidden(self) -> None:
        for hidden in self._on_hidden:
            hidden()

    async def _run(self) -> None:
        HAS_PRIORITY.set(True)
        while True:
            self._notified.clear()
            try:
                await self._read()
            except DatabaseUnavailable as error:
                if not self._is_failing:
                    logger.warning("Session revocations can't be read; trying again: %s", error)
                self._is_failing = True
                await asyncio.sleep(RETRY_SECONDS)
            except Exception:
                # The reader must not end: without it, signing out would have no effect in this process.
                logger.exception("Session revocations can't be read; trying again.")
                await asyncio.sleep(RETRY_SECONDS)
            else:
                self._is_failing = False
                await self._pause()

    async def _pause(self) -> None:
        await asyncio.sleep(PAUSE_SECONDS)
        with suppress(TimeoutError):
            async with asyncio.timeout(POLL_SECONDS - PAUSE_SECONDS):
                await self._notified.wait()

    async def _read(self) -> None:
        """Handles what is new, revocations page by page. The next read returns what commits meanwhile."""
        reading = await self._log.revocations_since(self._position, limit=READ_AT_ONCE)
        if not reading.is_same_log:
            # A backup was restored, or a replica was promoted.
            await self.restart()
            return
        seen = reading.position
        self.revoke(reading.events)
        if reading.has_hidden:
            self._call_hidden()
        while len(reading.events) == READ_AT_ONCE:
            last = reading.events[-1]
            reading = await self._log.revocations_since(
                self._position, after=(last.transaction, last.id), limit=READ_AT_ONCE
            )
            self.revoke(reading.events)
        self._position = seen
