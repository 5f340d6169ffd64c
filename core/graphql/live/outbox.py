"""What waits to be written to one connection."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Generator
from functools import partial
from typing import Any

MESSAGES_AT_MOST = 512
CHARACTERS_AT_MOST = 256 * 1024
LITTLE = 16

Write = Callable[[Any], Awaitable[None]]
"""Writes one message, as ASGI's `send` does: waits while the connection takes no more."""


class Outbox:
    """Writes at once while the client reads; else keeps messages, up to a bound.

    A message to a client that keeps up costs no task, no queue and no turn of the loop: the
    coroutine of the server's `send` is taken to its end on the spot. Only one that has to wait is
    handed to a task, which then writes what has come since, in order, and ends.
    """

    __slots__ = ("_characters", "_is_shut", "_messages", "_task", "_write")

    def __init__(self, write: Write) -> None:
        self._write = write
        self._messages: deque[tuple[Any, int]] | None = None
        self._characters = 0
        self._task: asyncio.Task[None] | None = None
        self._is_shut = False

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
        except OSError:
            self._is_shut = True
            return
        self._messages = deque()
        self._task = asyncio.create_task(self._write_rest(_Resumed(writing, awaited)))

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
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _write_rest(self, first: _Resumed) -> None:
        try:
            await first
            while self._messages:
                message, size = self._messages.popleft()
                self._characters -= size
                await self._write(message)
        except OSError:
            self._is_shut = True
        self._messages = None
        self._characters = 0


class _Resumed:
    """The rest of a coroutine that has been begun outside a task and now waits for something."""

    __slots__ = ("_awaited", "_rest")

    def __init__(self, rest: Generator[Any, Any, None], awaited: Any) -> None:
        self._rest = rest
        self._awaited = awaited

    def __await__(self) -> Generator[Any, Any, None]:
        awaited = self._awaited
        while True:
            try:
                sent = yield awaited
            except BaseException as error:  # noqa: BLE001  # handed on to where it belongs
                step = partial(self._rest.throw, error)
            else:
                step = partial(self._rest.send, sent)
            try:
                awaited = step()
            except StopIteration:
                return
