"""Waiting for what resolvers and loaders give, all of it at once."""

from __future__ import annotations

import asyncio
from asyncio import AbstractEventLoop, CancelledError, Future, isfuture
from collections.abc import Callable
from functools import partial
from types import CoroutineType
from typing import Any

from core.execution.coroutines import begin, drop, settle
from core.execution.failures import Failures
from core.execution.loading import Loader
from core.execution.positions import Column

Complete = Callable[[Column, list[Any], list[Any]], list[Any]]
"""Makes answers from the values of a column, and what else was known about each of them."""
Hidden = Callable[[Column, int], bool]
"""Whether nobody needs a value any more."""


class Wait:
    """Values of one column that are awaited together; execution goes on when all are there."""

    __slots__ = ("column", "complete", "known", "outstanding", "tasks", "values")

    def __init__(
        self, awaitables: list[Any], column: Column, complete: Complete, known: list[Any]
    ) -> None:
        self.values = awaitables
        """What is awaited, then what came of it: an exception stands for a failure."""
        self.known = known
        self.column = column
        self.complete = complete
        self.tasks: list[Future[Any] | None] = []
        """What is still under way."""
        self.outstanding = 0

    def prepare(self) -> None:
        """Sees to it that the awaitables are there."""

    def go_on(self) -> None:
        """Puts the answers where they belong."""
        self.column.put_all(self.complete(self.column, self.values, self.known))

    def failed(self, index: int, /) -> bool:
        """Whether a value is there, and brings others down with it."""
        value = self.values[index]
        return self.column.shape.nonnull and (value is None or isinstance(value, Exception))

    def take(self, index: int) -> Wait:
        """One of the values, to go on with by itself."""
        known = self.known[index : index + 1]
        taken = Wait([self.values[index]], self.column.part([index]), self.complete, known)
        self.values[index] = _Unwanted()
        return taken

    @property
    def wanted(self) -> bool:
        """Whether there is still something to begin."""
        return bool(self.values)

    @property
    def arrived(self) -> list[Any]:
        """The values but for those that are under way."""
        tasks = self.tasks or [None] * len(self.values)
        return [value for value, task in zip(self.values, tasks, strict=True) if task is None]

    def unwanted(self, hidden: Hidden) -> list[int]:
        """What is under way though nobody needs it any more."""
        return [
            index
            for index, task in enumerate(self.tasks)
            if task is not None and hidden(self.column, index)
        ]

    def reduce(self, hidden: Hidden) -> list[Any]:
        """What nobody needs any more, taken out before it has begun."""
        kept = [index for index in range(len(self.values)) if not hidden(self.column, index)]
        gone = [value for index, value in enumerate(self.values) if index not in {*kept}]
        if gone:
            self.values = [self.values[index] for index in kept]
            self.known = [self.known[index] for index in kept] if self.known else []
            self.column = self.column.part(kept)
        return gone


class _Load(Wait):
    """What one loader is to fetch for columns at the same depth: one batch for all of them."""

    __slots__ = ("_keys", "_loader", "_shares")

    def __init__(self, loader: Loader[Any, Any], column: Column, complete: Complete) -> None:
        super().__init__([], column, complete, [])
        self._loader = loader
        self._keys: list[Any] = []
        self._shares: list[tuple[Column, int, int]] = []

    def share(self, column: Column, keys: list[Any]) -> None:
        """Adds keys for the values of a column."""
        start = len(self._keys)
        self._keys += keys
        self._shares.append((column, start, len(self._keys)))

    def prepare(self) -> None:
        if not self.values:
            self.values = [self._loader.load_level(self._keys)]

    def go_on(self) -> None:
        (fetched,) = self.values
        for column, start, end in self._shares:
            failed = isinstance(fetched, Exception)
            values = [fetched] * (end - start) if failed else fetched[start:end]
            column.put_all(self.complete(column, values, []))

    @property
    def wanted(self) -> bool:
        return bool(self._keys)

    def failed(self, _index: int, /) -> bool:
        return False

    def unwanted(self, hidden: Hidden) -> list[int]:
        under_way = [index for index, task in enumerate(self.tasks) if task is not None]
        return under_way if under_way and self._all(hidden) else []

    def reduce(self, hidden: Hidden) -> list[Any]:
        if self._all(hidden):
            self._keys, self._shares = [], []
        return []

    def _all(self, hidden: Hidden) -> bool:
        return all(
            hidden(column, index)
            for column, start, end in self._shares
            for index in range(end - start)
        )


class _Unwanted(Exception):
    """In the place of a value that was given up; a null above it hides it."""


class Waits:
    """All that an execution waits for."""

    __slots__ = (
        "_begun",
        "_changed",
        "_done",
        "_ending",
        "_failures",
        "_given",
        "_loads",
        "_new",
        "_own",
        "phase",
    )

    def __init__(self, failures: Failures) -> None:
        self._failures = failures
        self.phase = 0
        """How many times execution has waited; the start of all that is awaited counts as one."""
        self._new: list[Wait] = []
        self._loads: dict[int, _Load] = {}
        """Those of the new ones, by loader."""
        self._begun: set[Wait] = set()
        self._done: list[Wait] = []
        self._own: set[Future[Any]] = set()
        """Tasks that were made here, until they end."""
        self._given: set[Future[Any]] = set()
        """Tasks and futures that resolvers gave, until they end. Several values may be the same one."""
        self._changed: Future[None] | None = None
        self._ending: BaseException | None = None
        """What ends the execution: a resolver that was cancelled, or an exception that is no field's error."""

    def __bool__(self) -> bool:
        """Whether there is anything to begin, or to end."""
        return bool(self._new or self._given)

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
            unwanted = wait.reduce(hidden)
            self._given.update(filter(isfuture, unwanted))
            drop(unwanted)
        self._new = [wait for wait in self._new if wait.wanted]
        for wait in list(self._begun):
            for index in wait.unwanted(hidden):
                task = wait.tasks[index]
                if task in self._own:
                    task.cancel()
                wait.values[index] = _Unwanted()
                self._settle(wait, index)

    def drop(self) -> None:
        """Gives up what has not begun, and results of which nothing was made."""
        for wait in (*self._new, *self._begun, *self._done):
            drop(wait.arrived)
            wait.tasks = [None] * len(wait.tasks)
        self._new, self._done = [], []
        self._begun.clear()
        self._loads.clear()

    async def run(self, work: Callable[[], None]) -> None:
        """Waits until nothing is left to wait for; `work` does what has become possible.

        Whatever was begun has ended when this returns or raises.
        """
        loop = asyncio.get_running_loop()
        self.phase += 1
        try:
            while True:
                if len(self._new) == 1 and await self._went_on_alone():
                    work()
                    continue
                self._begin(loop)
                if self._ending is not None:
                    raise self._ending  # noqa: TRY301  # here is where the execution ends
                if self._done:
                    done, self._done = self._done, []
                    for wait in done:
                        wait.go_on()
                    work()
                elif self._begun or self._own:
                    await self._wait(loop, work)
                elif not self._new:
                    break
            if self._given:
                await settle({*self._given})
        except GeneratorExit:
            # A coroutine that is being closed can't wait: its tasks end by themselves.
            for task in (*self._own, *self._given):
                task.cancel()
            self._own, self._given = set(), set()
            self.drop()
            raise
        except BaseException:
            self._ending = None
            try:
                await settle({*self._own, *self._given})
            finally:
                self.drop()
            raise

    async def _went_on_alone(self) -> bool:
        """Awaits a coroutine here, without a task for it, if it is all that there is to wait for.

        Nothing else goes on meanwhile, so nothing can make it unwanted.
        """
        (wait,) = self._new
        if self._begun or self._own or self._done or self._failures:
            return False
        wait.prepare()
        values = wait.values
        if len(values) != 1 or type(values[0]) is not CoroutineType:
            return False
        self._new = []
        self._loads.clear()
        self.phase += 1
        try:
            values[0] = await values[0]
        except Exception as error:  # noqa: BLE001  # whatever ends a resolver is its field's error
            values[0] = error
        wait.go_on()
        return True

    async def _wait(self, loop: AbstractEventLoop, work: Callable[[], None]) -> None:
        self.phase += 1
        self._changed = loop.create_future()
        # Failures from before take their full effect now, and may leave less to wait for.
        work()
        if not self._done and (self._begun or self._own):
            await self._changed

    def _begin(self, loop: AbstractEventLoop) -> None:
        """Begins all that is new, and only then looks at what is done."""
        self._loads.clear()
        for wait in self._new:
            wait.prepare()
            values = wait.values
            wait.tasks = [self._task(values, index, loop) for index in range(len(values))]
            wait.outstanding = len(values) - wait.tasks.count(None)
            if not wait.outstanding:
                self._done.append(wait)
                continue
            self._begun.add(wait)
            for index, task in enumerate(wait.tasks):
                if task is None:
                    self._look_at(wait, index)
                else:
                    task.add_done_callback(partial(self._arrived, wait, index))
        self._new = []

    def _task(self, values: list[Any], index: int, loop: AbstractEventLoop) -> Future[Any] | None:
        """The task of an awaitable; None if it is done, and its result stands in its place."""
        awaitable = values[index]
        try:
            task = begin(awaitable, loop)
        except Exception as error:  # noqa: BLE001  # an `__await__` of the resolver's making
            values[index] = error
            return None
        if task is awaitable:
            self._given.add(task)
        elif task.done():
            values[index] = self._result(task)
            return None
        else:
            self._own.add(task)
        return task

    def _result(self, task: Future[Any]) -> Any:
        """The result of a task: an exception stands for a failure, unless it ends the execution."""
        error = CancelledError() if task.cancelled() else task.exception()
        if error is None:
            return task.result()
        if not isinstance(error, Exception) and self._ending is None:
            self._ending = error
        return error

    def _arrived(self, wait: Wait, index: int, task: Future[Any]) -> None:
        self._own.discard(task)
        self._given.discard(task)
        if wait.tasks[index] is not None:
            wait.values[index] = self._result(task)
            self._settle(wait, index)
        elif not task.cancelled() and task.exception() is None:
            drop([task.result()])
        if not self._begun and not self._own:
            self._wake()

    def _settle(self, wait: Wait, index: int) -> None:
        """Takes note that a value is there."""
        wait.tasks[index] = None
        wait.outstanding -= 1
        if wait.outstanding:
            self._look_at(wait, index)
        else:
            self._begun.discard(wait)
            self._done.append(wait)
        if self._done or self._ending is not None:
            self._wake()

    def _look_at(self, wait: Wait, index: int) -> None:
        """Goes on at once with a value that brings others down."""
        if wait.failed(index):
            self._done.append(wait.take(index))

    def _wake(self) -> None:
        if self._changed is not None and not self._changed.done():
            self._changed.set_result(None)
