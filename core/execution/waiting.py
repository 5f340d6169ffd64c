"""Waiting for what resolvers and loaders give, all of it at once."""

from __future__ import annotations

import asyncio
from asyncio import AbstractEventLoop, Future
from collections.abc import Callable
from functools import partial
from typing import Any

from core.execution.coroutines import abandon, settle, start
from core.execution.loading import Loader
from core.execution.positions import Column

Complete = Callable[[Column, list[Any]], list[Any]]
"""Makes answers from the values of a column."""
Hidden = Callable[[Column, int], bool]
"""Whether nobody needs a value any more."""


class Wait:
    """Values of one column that are awaited together; execution goes on when all are there."""

    __slots__ = ("column", "complete", "outstanding", "tasks", "values")

    def __init__(self, awaitables: list[Any], column: Column, complete: Complete) -> None:
        self.values = awaitables
        """What is awaited, then what came of it: an exception stands for a failure."""
        self.column = column
        self.complete = complete
        self.tasks: list[Future[Any] | None] = []
        self.outstanding = 0

    def begin(self, loop: AbstractEventLoop) -> None:
        """Starts all awaitables."""
        self.tasks = start(self.values, loop)
        self.outstanding = sum(task is not None for task in self.tasks)

    def go_on(self) -> None:
        """Puts the answers where they belong."""
        for index, answer in enumerate(self.complete(self.column, self.values)):
            self.column.put(index, answer)

    @property
    def wanted(self) -> bool:
        """Whether there is still something to begin."""
        return bool(self.values)

    def unwanted(self, hidden: Hidden) -> list[Future[Any]]:
        """The tasks that nobody needs any more."""
        return [
            task
            for index, task in enumerate(self.tasks)
            if task is not None and not task.done() and hidden(self.column, index)
        ]

    def reduce(self, hidden: Hidden) -> list[Any]:
        """What nobody needs any more, taken out before it has begun."""
        kept: list[int] = []
        gone: list[Any] = []
        for index, value in enumerate(self.values):
            if hidden(self.column, index):
                gone.append(value)
            else:
                kept.append(index)
        if gone:
            self.values = [self.values[index] for index in kept]
            self.column = self.column.part(kept)
        return gone


class _Load(Wait):
    """What one loader is to fetch for columns at the same depth: one batch for all of them."""

    __slots__ = ("_keys", "_loader", "_shares")

    def __init__(self, loader: Loader[Any, Any], column: Column, complete: Complete) -> None:
        super().__init__([], column, complete)
        self._loader = loader
        self._keys: list[Any] = []
        self._shares: list[tuple[Column, int, int]] = []

    def share(self, column: Column, keys: list[Any]) -> None:
        """Adds keys for the values of a column."""
        begin = len(self._keys)
        self._keys += keys
        self._shares.append((column, begin, len(self._keys)))

    def begin(self, loop: AbstractEventLoop) -> None:
        self.values = [self._loader.load_level(self._keys)]
        super().begin(loop)

    def go_on(self) -> None:
        (fetched,) = self.values
        for column, begin, end in self._shares:
            failed = isinstance(fetched, Exception)
            values = [fetched] * (end - begin) if failed else fetched[begin:end]
            for index, answer in enumerate(self.complete(column, values)):
                column.put(index, answer)

    @property
    def wanted(self) -> bool:
        return bool(self._keys)

    def unwanted(self, hidden: Hidden) -> list[Future[Any]]:
        return [
            task
            for task in self.tasks
            if task is not None and not task.done() and self._all(hidden)
        ]

    def reduce(self, hidden: Hidden) -> list[Any]:
        if self._all(hidden):
            self._keys, self._shares = [], []
        return []

    def _all(self, hidden: Hidden) -> bool:
        return all(
            hidden(column, index)
            for column, begin, end in self._shares
            for index in range(end - begin)
        )


class _Unwanted(Exception):
    """In the place of a value that was given up; a null above it hides it."""


class Waits:
    """All that an execution waits for."""

    __slots__ = (
        "_begun",
        "_cancelled",
        "_changed",
        "_done",
        "_given_up",
        "_loads",
        "_new",
        "_tasks",
        "phase",
    )

    def __init__(self) -> None:
        self.phase = 0
        """How many times execution has waited; the start of all that is awaited counts as one."""
        self._new: list[Wait] = []
        self._loads: dict[int, _Load] = {}
        """Those of the new ones, by loader."""
        self._begun: set[Wait] = set()
        self._done: list[Wait] = []
        self._tasks: set[Future[Any]] = set()
        self._given_up: set[Future[Any]] = set()
        self._changed: Future[None] | None = None
        self._cancelled = False

    def __bool__(self) -> bool:
        """Whether there is anything that has not begun yet."""
        return bool(self._new)

    def add(self, wait: Wait) -> None:
        self._new.append(wait)

    def load(
        self, loader: Loader[Any, Any], keys: list[Any], column: Column, complete: Complete
    ) -> None:
        """Has the loader fetch, together with all else that it is asked for before it begins."""
        found = self._loads.get(id(loader))
        if found is None:
            found = self._loads[id(loader)] = _Load(loader, column, complete)
            self._new.append(found)
        found.share(column, keys)

    def give_up(self, hidden: Hidden) -> None:
        """Waits no longer for what nobody needs."""
        for wait in self._new:
            abandon(wait.reduce(hidden))
        self._new = [wait for wait in self._new if wait.wanted]
        for wait in self._begun:
            for task in wait.unwanted(hidden):
                self._given_up.add(task)
                task.cancel()

    async def run(self, work: Callable[[], None]) -> None:
        """Waits until nothing is left to wait for; `work` does what has become possible."""
        loop = asyncio.get_running_loop()
        self.phase += 1
        try:
            while True:
                self._begin(loop)
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
                    self.phase += 1
                elif not self._new:
                    return
        finally:
            if self._tasks:
                await settle(self._tasks)

    def _begin(self, loop: AbstractEventLoop) -> None:
        """Begins all that is new, and only then looks at what is done."""
        new, self._new = self._new, []
        self._loads.clear()
        for wait in new:
            wait.begin(loop)
            if not wait.outstanding:
                self._done.append(wait)
                continue
            self._begun.add(wait)
            for index, task in enumerate(wait.tasks):
                if task is not None:
                    self._tasks.add(task)
                    task.add_done_callback(partial(self._arrived, wait, index))

    def _arrived(self, wait: Wait, index: int, task: Future[Any]) -> None:
        self._tasks.discard(task)
        if task in self._given_up:
            wait.values[index] = _Unwanted()
        elif task.cancelled():
            self._cancelled = True
        else:
            wait.values[index] = task.exception() or task.result()
        wait.outstanding -= 1
        if not wait.outstanding:
            self._begun.discard(wait)
            self._done.append(wait)
        if self._done or self._cancelled or not self._tasks:
            self._wake()

    def _wake(self) -> None:
        if self._changed is not None and not self._changed.done():
            self._changed.set_result(None)
