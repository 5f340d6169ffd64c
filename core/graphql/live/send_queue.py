"""The bounded queue of messages to one connection."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Generator
from types import coroutine
from typing import Any

MAX_MESSAGES = 512
MAX_CHARACTERS = 256 * 1024
DRAINED_MESSAGES = 16
DRAINED_CHARACTERS = 8 * 1024
"""`drained` returns when no more than this is queued; then a message of any size has room."""
DISCONNECTED = (OSError, RuntimeError)
"""What a server raises for a message to a disconnected client, or after its own close."""

Write = Callable[[Any], Awaitable[None]]
"""Writes one message, as ASGI's `send` does: waits while the connection's buffer is full."""


class SendQueue:
    """Writes at once while the client reads; otherwise queues messages, up to a bound.

    A message to a client that keeps up costs no task, no queue and no iteration of the loop: the
    coroutine of the server's `send` is run to its end synchronously. Only if it suspends does a task
    take it over, write the messages queued since, in order, and end.
    """

    __slots__ = ("_characters", "_is_closed", "_messages", "_suspended", "_task", "_write")

    def __init__(self, write: Write) -> None:
        self._write = write
        self._messages: deque[tuple[Any, int]] | None = None
        self._characters = 0
        self._task: asyncio.Task[None] | None = None
        self._is_closed = False
        self._suspended: Generator[Any, Any, None] | None = None
        """The write that the task took over."""

    def put(self, message: Any, size: int) -> bool:
        """Writes or queues the message. False, and not queued, if the queue is full."""
        if self._is_full(size):
            return False
        self.put_unbounded(message, size)
        return True

    def put_unbounded(self, message: Any, size: int) -> None:
        """Writes or queues the message even if the queue is full: for the few that must arrive."""
        if self._is_closed:
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
        except DISCONNECTED:
            self._is_closed = True
            return
        self._messages = deque()
        self._suspended = writing
        self._task = asyncio.create_task(self._write_rest(writing, awaited))

    async def has_room(self) -> None:
        """Returns when `put` would queue a message, or the client has disconnected."""
        if self._is_full(0):
            await self.drained()

    def _is_full(self, size: int) -> bool:
        messages = self._messages
        return (
            messages is not None
            and (len(messages) >= MAX_MESSAGES or self._characters + size > MAX_CHARACTERS)
            and not self._is_drained()
        )

    def _is_drained(self) -> bool:
        messages = self._messages
        return messages is None or (
            len(messages) <= DRAINED_MESSAGES and self._characters <= DRAINED_CHARACTERS
        )

    async def drained(self) -> None:
        """Returns when little is queued, or the client has disconnected."""
        while self._task and not self._is_drained():
            await asyncio.wait([self._task], timeout=1.0)

    @property
    def is_blocked(self) -> bool:
        """Whether a write is waiting for the client to read."""
        return self._messages is not None

    async def flush(self, timeout: float) -> None:  # noqa: ASYNC109  # returns at the timeout, raises nothing
        """Returns when all messages have been written, or after `timeout`."""
        if self._task is not None:
            await asyncio.wait([self._task], timeout=timeout)

    async def close(self) -> None:
        """Drops queued messages and stops writing."""
        self._is_closed = True
        self._messages = None
        task, self._task = self._task, None
        suspended, self._suspended = self._suspended, None
        if task is None or suspended is None:
            return
        task.cancel()
        try:
            await asyncio.gather(task, return_exceptions=True)
        finally:
            suspended.close()  # A task that is cancelled before its first step does not close it.

    async def _write_rest(self, suspended: Generator[Any, Any, None], awaited: Any) -> None:
        try:
            await _resumed(suspended, awaited)
            while self._messages:
                message, size = self._messages.popleft()
                self._characters -= size
                await self._write(message)
        except DISCONNECTED:
            self._is_closed = True
        finally:
            self._messages = None
            self._characters = 0


@coroutine
def _resumed(rest: Generator[Any, Any, None], awaited: Any) -> Generator[Any, Any, None]:
    """Runs the rest of a coroutine that was started outside a task and is suspended at `awaited`.

    Exceptions that the task throws in, such as a cancellation, are raised at the coroutine's await.
    """
    try:
        while True:
            try:
                yield awaited
            except BaseException as error:  # noqa: BLE001  # raised in the coroutine
                awaited = rest.throw(error)
            else:
                awaited = next(rest)
    except StopIteration:
        return
