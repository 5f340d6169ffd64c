"""Interrupts a coroutine at its nth await: by cancellation, by closing it, by an exception thrown into it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Generator, Iterator
from contextlib import contextmanager
from typing import Any


class Thrown(BaseException):
    """An exception that no product code catches."""


Interruption = Callable[[Any, Coroutine[Any, Any, Any]], None]


def cancelled_immediately(awaited: Any, _: Coroutine[Any, Any, Any]) -> None:
    """The caller is cancelled while it waits."""
    task = asyncio.current_task()
    assert task is not None
    task.cancel()


def cancelled_when_done(awaited: Any, _: Coroutine[Any, Any, Any]) -> None:
    """The caller is cancelled in the iteration of the loop in which its awaited future is done."""
    task = asyncio.current_task()
    assert task is not None
    if awaited is None:
        task.cancel()
    else:
        awaited.add_done_callback(lambda _: task.cancel())


def closed(_: Any, use: Coroutine[Any, Any, Any]) -> None:
    """The coroutine is closed, as when it is collected: GeneratorExit."""
    use.close()


def thrown_into(_: Any, use: Coroutine[Any, Any, Any]) -> None:
    """A BaseException is thrown in."""
    use.throw(Thrown())


CANCELLATIONS: list[Interruption] = [cancelled_immediately, cancelled_when_done]
INTERRUPTIONS = [*CANCELLATIONS, closed, thrown_into]


class Interrupted:
    """Awaits a coroutine and interrupts it at its nth await. `reached` is true if it came to that await."""

    def __init__(self, use: Coroutine[Any, Any, Any], nth: int, interruption: Interruption) -> None:
        self._use = use
        self._left = nth
        self._interrupt = interruption
        self.reached = False

    def __await__(self) -> Generator[Any, Any, Any]:
        error: BaseException | None = None
        value: Any = None
        while True:
            try:
                awaited = self._use.send(value) if error is None else self._use.throw(error)
            except StopIteration as ended:
                return ended.value
            error = value = None
            self._left -= 1
            if self._left == 0:
                self.reached = True
                if self._interrupt in (closed, thrown_into):
                    # The future is abandoned: no task awaits it.
                    if awaited is not None:
                        awaited._asyncio_future_blocking = False
                    self._interrupt(awaited, self._use)
                    return None
                self._interrupt(awaited, self._use)
            try:
                value = yield awaited
            except BaseException as thrown:  # noqa: BLE001  # it is passed on to the coroutine
                error = thrown

    async def run(self) -> None:
        """Runs it in a separate task and ignores the outcome."""

        async def awaiting() -> None:
            await self

        task = asyncio.create_task(awaiting())
        await asyncio.wait([task])
        if not task.cancelled():
            task.exception()


@contextmanager
def cancelling_tasks(name: str, nth: int) -> Iterator[list[Interrupted]]:
    """Within it, tasks of the coroutine function with this qualified name are cancelled at their nth await."""
    loop = asyncio.get_running_loop()
    found: list[Interrupted] = []

    def make_task(
        loop: asyncio.AbstractEventLoop, coroutine: Any, **named: Any
    ) -> asyncio.Task[Any]:
        if coroutine.__qualname__ == name:
            interrupted = Interrupted(coroutine, nth, cancelled_immediately)
            found.append(interrupted)

            async def awaiting() -> None:
                await interrupted

            coroutine = awaiting()
        return asyncio.Task(coroutine, loop=loop, **named)

    loop.set_task_factory(make_task)
    try:
        yield found
    finally:
        loop.set_task_factory(None)
