"""Coroutines that run at once, and become tasks only if they have to wait."""

from __future__ import annotations

import asyncio
from asyncio import (
    AbstractEventLoop,
    Future,
    Task,
    _enter_task,
    _leave_task,
    current_task,
    ensure_future,
)
from collections.abc import Collection, Coroutine, Generator, Sequence
from contextlib import suppress
from contextvars import copy_context
from types import CoroutineType, coroutine
from typing import Any

from graphql.pyutils.is_awaitable import is_awaitable


def start(awaitables: Sequence[Any], loop: AbstractEventLoop) -> list[Future[Any] | None]:
    """The task of each awaitable that has to wait; None for one that is done.

    The results of those that are done, or the exceptions that ended them, take the place of the awaitables
    in the sequence. A coroutine sees itself in a task of its own, and in a context of its own, from its first
    step on: that task is only made real if the first step does not end it. So scopes that a coroutine enters
    before it first waits (timeouts, task groups, anyio's) still hold afterwards.
    """
    outer = current_task(loop)
    if outer is not None:
        _leave_task(loop, outer)
    try:
        return [_start(awaitables, index, loop) for index in range(len(awaitables))]
    finally:
        if outer is not None:
            _enter_task(loop, outer)


def _start(awaitables: Any, index: int, loop: AbstractEventLoop) -> Future[Any] | None:
    awaitable = awaitables[index]
    if type(awaitable) is not CoroutineType:
        return _future(awaitables, index, loop)
    task: Task[Any] = Task.__new__(Task)
    context = copy_context()
    _enter_task(loop, task)
    try:
        waited_for = context.run(awaitable.send, None)
    except StopIteration as stop:
        awaitables[index] = stop.value
        return None
    except Exception as error:  # noqa: BLE001  # whatever ends a resolver is its field's error
        awaitables[index] = error
        return None
    finally:
        _leave_task(loop, task)
    _mark(waited_for, awaited=False)
    # 3.11's constructor has this argument; it makes the task that the coroutine has seen so far.
    task.__init__(resumed(awaitable, waited_for), loop=loop, context=context)  # type: ignore[misc]  # see above
    return task


def _future(awaitables: Any, index: int, loop: AbstractEventLoop) -> Future[Any] | None:
    try:
        future: Future[Any] = ensure_future(awaitables[index], loop=loop)
    except Exception as error:  # noqa: BLE001  # an `__await__` of the resolver's making
        awaitables[index] = error
        return None
    return future


@coroutine
def resumed(started: Coroutine[Any, Any, Any], waited_for: Any) -> Generator[Any, Any, Any]:
    """The rest of a coroutine that waits for a future already."""
    while True:
        _mark(waited_for, awaited=True)
        try:
            yield waited_for
        except GeneratorExit:
            started.close()
            raise
        except BaseException as error:  # noqa: BLE001  # above all CancelledError
            try:
                waited_for = started.throw(error)
            except StopIteration as stop:
                return stop.value
        else:
            return (yield from started)


def _mark(waited_for: Any, *, awaited: bool) -> None:
    """Says of a future that it was awaited and not merely yielded: its task takes that for the sign to wait for it.

    Whoever takes the sign unsets it, so that the future can be awaited again, by others too.
    """
    if getattr(waited_for, "_asyncio_future_blocking", None) is not None:
        waited_for._asyncio_future_blocking = awaited  # noqa: SLF001  # asyncio has no other sign


def abandon(values: Sequence[Any]) -> None:
    """Lets awaitables end unobserved: nobody needs what comes of them any more."""
    awaitables = [value for value in values if is_awaitable(value)]
    if not awaitables:
        return
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        for awaitable in awaitables:
            if isinstance(awaitable, CoroutineType):
                awaitable.close()
        return
    ending = asyncio.gather(*awaitables, return_exceptions=True)
    _ABANDONED.add(ending)
    ending.add_done_callback(_ABANDONED.discard)


_ABANDONED: set[Future[Any]] = set()
"""Kept from the garbage collector until they end."""


async def settle(tasks: Collection[Future[Any]]) -> None:
    """Cancels the tasks and waits for their end."""
    for task in tasks:
        task.cancel()
    if tasks:
        with suppress(asyncio.CancelledError):
            await asyncio.wait(tasks)
