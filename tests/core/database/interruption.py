"""Coroutines that are interrupted at their nth await, in each way in which a caller can go away."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Generator
from typing import Any


class Thrown(BaseException):
    """What nobody catches."""


Way = Callable[[Any, Coroutine[Any, Any, Any]], None]


def cancelled_at_once(awaited: Any, _: Coroutine[Any, Any, Any]) -> None:
    """The caller is cancelled while it waits."""
    task = asyncio.current_task()
    assert task is not None
    task.cancel()


def cancelled_when_done(awaited: Any, _: Coroutine[Any, Any, Any]) -> None:
    """The caller is cancelled in the turn of the loop in which what it awaits is done."""
    task = asyncio.current_task()
    assert task is not None
    if awaited is None:
        task.cancel()
    else:
        awaited.add_done_callback(lambda _: task.cancel())


def closed(_: Any, use: Coroutine[Any, Any, Any]) -> None:
    """The caller is collected: GeneratorExit."""
    use.close()


def thrown_into(_: Any, use: Coroutine[Any, Any, Any]) -> None:
    """A BaseException is thrown in."""
    use.throw(Thrown())


WAYS: list[Way] = [cancelled_at_once, cancelled_when_done, closed, thrown_into]


class Interrupted:
    """Awaits the coroutine, and interrupts it at its nth await; says whether it had so many."""

    def __init__(self, use: Coroutine[Any, Any, Any], nth: int, way: Way) -> None:
        self._use = use
        self._left = nth
        self._way = way
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
                if self._way in (closed, thrown_into):
                    # The future is abandoned: nobody awaits it any more.
                    if awaited is not None:
                        awaited._asyncio_future_blocking = False
                    self._way(awaited, self._use)
                    return None
                self._way(awaited, self._use)
            try:
                value = yield awaited
            except BaseException as thrown:  # noqa: BLE001  # it is handed on
                error = thrown

    async def run(self) -> None:
        """As a task of its own, whose outcome does not matter."""

        async def awaiting() -> None:
            await self

        task = asyncio.create_task(awaiting())
        await asyncio.wait([task])
        if not task.cancelled():
            task.exception()
