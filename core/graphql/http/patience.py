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
from typing import Any, TypeVar, cast

T = TypeVar("T")


class OutOfPatience(Exception):
    """What was awaited took too long, and was cancelled."""


class Wait:
    """A task that waits."""

    __slots__ = ("deadline", "given_up", "task")

    def __init__(self, task: Task[Any], deadline: float) -> None:
        self.task = task
        self.deadline = deadline
        self.given_up = False


class Patience:
    """Waits up to `seconds`: `asyncio.timeout`, for a sixth of its cost.

    All who wait have the same patience, so those who came first are first to lose it, and one
    timer is enough.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._waits: dict[Wait, None] = {}
        self._loop: AbstractEventLoop | None = None
        self._timer: TimerHandle | None = None

    async def wait_for(self, awaitable: Awaitable[T]) -> T:
        """What the awaitable gives. Errors: OutOfPatience, after it was cancelled."""
        loop = get_running_loop()
        task = cast("Task[Any]", current_task(loop))
        wait = Wait(task, loop.time() + self.seconds)
        self._waits[wait] = None
        if self._timer is None or self._loop is not loop:
            self._loop = loop
            self._timer = loop.call_at(wait.deadline, self._look, loop)
        try:
            return await awaitable
        except CancelledError:
            # If others have cancelled the task as well, they come first.
            if wait.given_up and task.cancelling() <= 1:
                raise OutOfPatience from None
            raise
        finally:
            del self._waits[wait]
            if wait.given_up:
                task.uncancel()

    def _look(self, loop: AbstractEventLoop) -> None:
        """Gives up on those whose time is over, and looks again when that of the next one is."""
        self._timer = None
        for wait in list(self._waits):
            if wait.deadline > loop.time():
                self._timer = loop.call_at(wait.deadline, self._look, loop)
                return
            if not wait.given_up:
                wait.given_up = True
                wait.task.cancel()
