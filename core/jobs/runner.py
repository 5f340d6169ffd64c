"""The loop of the runners of jobs and of consumers."""

from __future__ import annotations

import asyncio
import logging
from abc import ABC, abstractmethod
from contextlib import suppress

from core.database.database import DatabaseUnavailable
from core.database.waiting_queue import HAS_PRIORITY
from core.jobs.runs import Runs

logger = logging.getLogger(__name__)

POLL_SECONDS = 1.0
RETRY_SECONDS = 1.0


class Runner(ABC):
    """Starts what is due, until it is stopped."""

    def __init__(self, what: str) -> None:
        """`what`: what is claimed, for the log."""
        self._what = what
        self._awakened = asyncio.Event()
        self._is_stopping = False
        self.runs = Runs(self.wake)

    def wake(self) -> None:
        """Makes the runner look soon for what is due."""
        self._awakened.set()

    @abstractmethod
    async def start_due(self) -> int:
        """Claims and starts what is due; returns how many. Errors: DatabaseUnavailable."""

    @abstractmethod
    def pause(self, started: int, *, was_awakened: bool) -> float:
        """How long to wait before the next look. Units: seconds."""

    async def run(self) -> None:
        """Starts what is due until `stop`."""
        HAS_PRIORITY.set(True)
        is_failing = False
        while not self._is_stopping:
            was_awakened = self._awakened.is_set()
            self._awakened.clear()
            try:
                started = await self.start_due()
            except DatabaseUnavailable as error:
                if not is_failing:
                    logger.warning("%s can't be claimed; trying again: %s", self._what, error)
                is_failing = True
                await asyncio.sleep(RETRY_SECONDS)
                continue
            is_failing = False
            with suppress(TimeoutError):
                async with asyncio.timeout(self.pause(started, was_awakened=was_awakened)):
                    await self._awakened.wait()

    def stop(self) -> None:
        """Makes `run` return soon. `end` comes after it."""
        self._is_stopping = True
        self.wake()
