"""The tasks of a worker: each has a timeout, and all can be ended."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any

logger = logging.getLogger(__name__)

CANCELLED_SECONDS = 5.0
"""How long a task may go on after its timeout. One that goes on for longer ignores its cancellation."""
CANCEL_AGAIN_SECONDS = 0.1


class TaskStuck(Exception):
    """A task does not end although it was cancelled. The process must end, so that its leases expire."""


class Runs:
    """Running tasks. Each task has an `asyncio.Timeout`, which ends it."""

    def __init__(self, on_end: Callable[[], None]) -> None:
        """`on_end`: called when a task has ended."""
        self._on_end = on_end
        self._timeouts: dict[asyncio.Task[None], asyncio.Timeout] = {}

    def __len__(self) -> int:
        return len(self._timeouts)

    def start(
        self, run: Coroutine[Any, Any, None], deadline: asyncio.Timeout, name: str
    ) -> asyncio.Task[None]:
        """Starts a task, which enters the deadline itself."""
        task = asyncio.create_task(run, name=name)
        self._timeouts[task] = deadline
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        del self._timeouts[task]
        if not task.cancelled() and (error := task.exception()) is not None:
            # Tasks handle the errors of what they run, so this is one of the worker's own.
            logger.error("%s failed.", task.get_name(), exc_info=error)
        self._on_end()

    def check(self) -> None:
        """Errors: TaskStuck if a task goes on long after its timeout."""
        for task in self.stuck():
            raise TaskStuck(f"{task.get_name()} goes on {CANCELLED_SECONDS:g} s after its timeout.")

    def stuck(self) -> list[asyncio.Task[None]]:
        """The tasks that go on long after their timeout. Their leases are kept until they expire: the next worker has
        to know that this one ended with them.
        """
        late = asyncio.get_running_loop().time() - CANCELLED_SECONDS
        return [
            task
            for task, deadline in self._timeouts.items()
            if (when := deadline.when()) is not None and when < late
        ]

    async def end(self, *, grace_seconds: float, cancel_seconds: float) -> None:
        """Waits for all tasks to end, then cancels them, then leaves those that go on."""
        if self._timeouts:
            await asyncio.wait(list(self._timeouts), timeout=grace_seconds)
        deadline = asyncio.get_running_loop().time() + cancel_seconds
        # A library may swallow a cancellation that coincides with a timeout, so it is repeated.
        while self._timeouts and asyncio.get_running_loop().time() < deadline:
            self.cancel()
            await asyncio.wait(list(self._timeouts), timeout=CANCEL_AGAIN_SECONDS)

    def cancel(self) -> None:
        """Cancels all tasks, without waiting."""
        for task in list(self._timeouts):
            task.cancel()
