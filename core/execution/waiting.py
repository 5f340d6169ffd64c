"""Waiting for what resolvers and loaders give, all of it at once."""

from __future__ import annotations

import asyncio
from asyncio import Future
from collections.abc import Callable
from functools import partial
from typing import Any

from core.execution.coroutines import settle, start
from core.execution.loading import Loader
from core.execution.positions import Column

Complete = Callable[[Column, list[Any]], list[Any]]
"""Makes answers from the values of a column."""


class Wait:
    """Values of one column that are awaited together; execution goes on with it when all are there."""

    __slots__ = ("column", "complete", "outstanding", "values")

    def __init__(self, awaitables: list[Any], column: Column, complete: Complete) -> None:
        self.values = awaitables
        """What is awaited, and in its place what came of it: an exception stands for a failure."""
        self.column = column
        self.complete = complete
        self.outstanding = 0

    def go_on(self) -> None:
        """Puts the answers where they belong."""
        column = self.column
        for index, answer in enumerate(self.complete(column, self.values)):
            column.put(index, answer)


class _Load(Wait):
    """What one loader is to fetch for columns at the same depth: one batch for all of them."""

    __slots__ = ("_loader", "_shares", "keys")

    def __init__(self, loader: Loader[Any, Any], column: Column, complete: Complete) -> None:
        super().__init__([], column, complete)
        self._loader = loader
        self._shares: list[tuple[Column, int]] = []
        self.keys: list[Any] = []

    def share(self, column: Column, keys: list[Any]) -> None:
        self.keys += keys
        self._shares.append((column, len(keys)))

    def begin(self) -> None:
        self.values = [self._loader.load_level(self.keys)]

    def go_on(self) -> None:
        (fetched,) = self.values
        start_at = 0
        for column, count in self._shares:
            end = start_at + count
            values = [fetched] * count if isinstance(fetched, Exception) else fetched[start_at:end]
            for index, answer in enumerate(self.complete(column, values)):
                column.put(index, answer)
            start_at = end


class Waits:
    """All that an execution waits for."""

    __slots__ = ("_cancelled", "_changed", "_done", "_loads", "_tasks", "_waits")

    def __init__(self) -> None:
        self._waits: list[Wait] = []
        self._loads: dict[int, _Load] = {}
        self._tasks: set[Future[Any]] = set()
        self._done: list[Wait] = []
        self._changed: Future[None] | None = None
        self._cancelled = False

    def __bool__(self) -> bool:
        return bool(self._waits)

    def add(self, wait: Wait) -> None:
        self._waits.append(wait)

    def load(
        self, loader: Loader[Any, Any], keys: list[Any], column: Column, complete: Complete
    ) -> None:
        """Has the loader fetch, together with all else that it is asked for before it starts."""
        found = self._loads.get(id(loader))
        if found is None:
            found = self._loads[id(loader)] = _Load(loader, column, complete)
            self._waits.append(found)
        found.share(column, keys)

    async def run(self, work: Callable[[], None]) -> None:
        """Waits until nothing is left to wait for; `work` does what has become possible meanwhile."""
        loop = asyncio.get_running_loop()
        try:
            while True:
                self._start(loop)
                if self._cancelled:
                    raise asyncio.CancelledError
                if self._done:
                    done, self._done = self._done, []
                    for wait in done:
                        wait.go_on()
                    work()
                elif self._tasks:
                    self._changed = loop.create_future()
                    await self._changed
                elif not self._waits:
                    return
        finally:
            if self._tasks:
                await settle(self._tasks)

    def _start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Starts all that is new, and only then looks at what is done."""
        loads = list(self._loads.values())
        self._loads.clear()
        for load in loads:
            load.begin()
        waits, self._waits = self._waits, []
        for wait in waits:
            for index, task in enumerate(start(wait.values, loop)):
                if task is not None:
                    wait.outstanding += 1
                    self._tasks.add(task)
                    task.add_done_callback(partial(self._arrived, wait, index))
            if not wait.outstanding:
                self._done.append(wait)

    def _arrived(self, wait: Wait, index: int, task: Future[Any]) -> None:
        self._tasks.discard(task)
        wait.outstanding -= 1
        if task.cancelled():
            self._cancelled = True
        else:
            error = task.exception()
            wait.values[index] = task.result() if error is None else error
            if wait.outstanding:
                return
            self._done.append(wait)
        if self._changed is not None and not self._changed.done():
            self._changed.set_result(None)
