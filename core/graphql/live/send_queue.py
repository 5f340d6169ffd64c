"""What waits to be written to one connection."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Generator
from types import coroutine
from typing import Any

MESSAGES_AT_MOST = 512
CHARACTERS_AT_MOST = 256 * 1024
LITTLE = 16
GONE = (OSError, RuntimeError)
"""What a server raises for a message to a client that is gone, and for one after its own close."""

Write = Callable[[Any], Awaitable[None]]
"""Writes one message, as ASGI's `send` does: waits while the connection takes no more."""


class SendQueue:
    """Writes at once while the client reads; else keeps messages, up to a bound.

    A message to a client that keeps up costs no task, no queue and no turn of the loop: the
    coroutine of the server's `send` is taken to its end on the spot. Only one that has to wait is
    handed to a task, which then writes what has come since, in order, and ends.
    """

    __slots__ = ("_begun", "_characters", "_is_shut", "_messages", "_task", "_write")

    def __init__(self, write: Write) -> None:
        self._write = write
        self._messages: deque[tuple[Any, int]] | None = None
        self._characters = 0
        self._task: asyncio.Task[None] | None = None
        self._is_shut = False
        self._begun: Generator[Any, Any, None] | None = None
        """The write that was handed to the task."""

    def put(self, message: Any, size: int) -> bool:
        """Writes the message, now or when its turn comes. False, and not taken, if too much waits."""
        messages = self._messages
        if messages is not None and (
            len(messages) >= MESSAGES_AT_MOST or self._characters + size > CHARACTERS_AT_MOST
        ):
            return False
        self.put_anyway(message, size)
        return True

    def put_anyway(self, message: Any, size: int) -> None:
        """Writes the message however much waits: for the few that a client must be told."""
        if self._is_shut:
            return
        if self._messages is not None:
            self._messages.append((message, size))
            self._characters += size
            return
        writing = self._write(message).__await__()
        try:
            awaited = next(writing)
        except StopIteration:
            return
        except GONE:
            self._is_shut = True
            return
        self._messages = deque()
        self._begun = writing
        self._task = asyncio.create_task(self._write_rest(writing, awaited))

    async def drained(self) -> None:
        """Returns when little is waiting, or the connection is gone."""
        while self._messages is not None and len(self._messages) > LITTLE and self._task:
            await asyncio.wait([self._task], timeout=1.0)

    @property
    def is_waiting(self) -> bool:
        """Whether something waits for the client to read."""
        return self._messages is not None

    async def written(self, seconds: float) -> None:
        """Returns when all has been written, or after so many seconds."""
        if self._task is not None:
            await asyncio.wait([self._task], timeout=seconds)

    async def close(self) -> None:
        """Drops what waits. Nothing is written any more."""
        self._is_shut = True
        self._messages = None
        task, self._task = self._task, None
        begun, self._begun = self._begun, None
        if task is None or begun is None:
            return
        task.cancel()
        try:
            await asyncio.gather(task, return_exceptions=True)
        finally:
            begun.close()  # A task that was cancelled before its first step has not ended it.

    async def _write_rest(self, begun: Generator[Any, Any, None], awaited: Any) -> None:
        try:
            await _resumed(begun, awaited)
            while self._messages:
                message, size = self._messages.popleft()
                self._characters -= size
                await self._write(message)
        except GONE:
            self._is_shut = True
        finally:
            self._messages = None
            self._characters = 0


@coroutine
def _resumed(rest: Generator[Any, Any, None], awaited: Any) -> Generator[Any, Any, None]:
    """The rest of a coroutine that was begun outside a task, and now waits for `awaited`.

    What a task throws in, a cancellation above all, reaches the coroutine at its own await.
    """
    try:
        while True:
            try:
                yield awaited
            except BaseException as error:  # noqa: BLE001  # handed on to where it belongs
                awaited = rest.throw(error)
            else:
                awaited = next(rest)
    except StopIteration:
        return
