"""Waiting, but not for ever."""

from __future__ import annotations

from asyncio import (
    AbstractEventLoop,
    CancelledError,
    Task,
    TimerHandle,
    current_task,
    get_running_loop,
)
from collections.abc import Awaitable
from typing import Any, TypeVar

T = TypeVar("T")


class SharedTimeoutExpired(Exception):
    """What was awaited took too long, and was cancelled."""


class SharedTimeout:
    """Waits up to `seconds`: `asyncio.timeout`, for a sixth of its cost.

    All who wait have the same timeout, so those who came first are first to lose it, and one
    timer is enough. A task waits for one thing at a time.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._deadlines: dict[Task[Any], float] = {}
        """Of the tasks that wait, the first to come first."""
        self._given_up: set[Task[Any]] = set()
        self._loop: AbstractEventLoop | None = None
        self._timer: TimerHandle | None = None

    async def wait_for(self, awaitable: Awaitable[T]) -> T:
        """What the awaitable gives. Errors: SharedTimeoutExpired, after it was cancelled."""
        loop = get_running_loop()
        task: Any = current_task(loop)
        deadline = self._deadlines[task] = loop.time() + self.seconds
        if self._timer is None or self._loop is not loop:
            self._loop = loop
            self._timer = loop.call_at(deadline, self._look, loop)
        try:
            return await awaitable
        except CancelledError:
            # If others have cancelled the task as well, they come first.
            if task in self._given_up and task.cancelling() <= 1:
                raise SharedTimeoutExpired from None
            raise
        finally:
            del self._deadlines[task]
            if self._given_up and task in self._given_up:
                self._given_up.remove(task)
                task.uncancel()

    def _look(self, loop: AbstractEventLoop) -> None:
        """Gives up on those whose time is over, and looks again when that of the next one is."""
        self._timer = None
        for task, deadline in list(self._deadlines.items()):
            if deadline > loop.time():
                self._timer = loop.call_at(deadline, self._look, loop)
                return
            if task not in self._given_up:
                self._given_up.add(task)
                task.cancel()
