"""Begins and ends what is awaited concurrently."""

from __future__ import annotations

import asyncio
import sys
from asyncio import AbstractEventLoop, CancelledError, Future, Task, ensure_future, isfuture
from collections.abc import Collection, Iterable
from contextlib import suppress
from types import CoroutineType
from typing import Any

from graphql.pyutils.is_awaitable import is_awaitable


def begin(awaitable: Any, loop: AbstractEventLoop) -> Future[Any]:
    """The task of an awaitable. From Python 3.12 on, a coroutine runs at once until it waits: it may have ended.

    Errors: whatever an `__await__` raises.
    """
    if sys.version_info >= (3, 12) and type(awaitable) is CoroutineType:
        return Task(awaitable, loop=loop, eager_start=True)
    task: Future[Any] = ensure_future(awaitable, loop=loop)
    return task


async def settle(tasks: Collection[Future[Any]]) -> None:
    """Cancels the tasks, waits for their end, and closes what their results have in them.

    A caller that is cancelled meanwhile cancels them again.
    """
    cancelled: CancelledError | None = None
    while unfinished := [task for task in tasks if not task.done()]:
        for task in unfinished:
            task.cancel()
        try:
            await asyncio.wait(unfinished)
        except CancelledError as error:
            cancelled = error
    for task in tasks:
        if not task.cancelled() and task.exception() is None:
            drop([task.result()])
    if cancelled is not None:
        raise cancelled


def drop(values: Iterable[Any]) -> None:
    """Closes values, also those in lists, that are not needed: a coroutine that has not begun never does."""
    for value in values:
        if isinstance(value, CoroutineType):
            if not value.cr_suspended:
                value.close()
        elif isinstance(value, list | tuple):
            drop(value)
        elif isfuture(value):
            value.add_done_callback(_observe)
        elif is_awaitable(value):
            # It may have a coroutine inside.
            with suppress(Exception):
                value.__await__().close()


def abandon(values: Iterable[Any]) -> None:
    """Lets the awaitables among the values run to their end; the results are not needed."""
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


def _observe(task: Future[Any]) -> None:
    """Retrieves the exception of a finished task, so that asyncio does not log it as never retrieved."""
    if not task.cancelled():
        task.exception()
