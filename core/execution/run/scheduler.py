"""Awaits what resolvers and loaders return, all of it concurrently.

A `Wait` has awaitables of one batch. The scheduler begins all waits that are new, completes each when all of its values
are there, and begins the waits that this adds, until there are none. `phase` counts these turns. What a null hides is
cancelled meanwhile. When `run` returns or raises, everything that was begun has ended.
"""

from __future__ import annotations

import asyncio
from asyncio import AbstractEventLoop, CancelledError, Future, isfuture
from collections.abc import Callable
from functools import partial
from types import CoroutineType
from typing import Any

from core.execution.run.batches import ValueBatch
from core.execution.run.eager_tasks import begin, drop, settle
from core.execution.schema.dataloaders import Loader, UseLoader

Complete = Callable[[ValueBatch, list[Any], list[Any]], list[Any]]
"""Completes the values of a batch; the last argument is what else is known of each value."""
Hidden = Callable[[ValueBatch, int], bool]
"""Whether a null hides a value."""


class Wait:
    """Values of one batch that are awaited concurrently, and completed when all are there."""

    __slots__ = ("batch", "complete", "known", "outstanding", "tasks", "values")

    def __init__(
        self, awaitables: list[Any], batch: ValueBatch, complete: Complete, known: list[Any]
    ) -> None:
        self.values = awaitables
        """The awaitables, then their results; an exception stands for a failure."""
        self.known = known
        self.batch = batch
        self.complete = complete
        self.tasks: list[Future[Any] | None] = []
        """The tasks that have not ended, by index."""
        self.outstanding = 0

    def finish(self) -> None:
        """Completes the values, and writes them into the response."""
        self.batch.put_all(self.complete(self.batch, self.values, self.known))

    def failed(self, index: int, /) -> bool:
        """Whether a value is there, and makes null the value that contains it."""
        value = self.values[index]
        return self.batch.output_type.nonnull and (value is None or isinstance(value, Exception))

    def take(self, index: int) -> Wait:
        """One of the values, to be completed by itself."""
        known = self.known[index : index + 1]
        taken = Wait([self.values[index]], self.batch.part([index]), self.complete, known)
        self.values[index] = _Unwanted()
        return taken

    @property
    def arrived(self) -> list[Any]:
        """The values whose tasks have ended, or were never begun."""
        tasks = self.tasks or [None] * len(self.values)
        return [value for value, task in zip(self.values, tasks, strict=True) if task is None]

    def unwanted(self, hidden: Hidden) -> list[int]:
        """The indexes of hidden values whose tasks have not ended."""
        return [
            index
            for index, task in enumerate(self.tasks)
            if task is not None and hidden(self.batch, index)
        ]

    def reduce(self, hidden: Hidden) -> list[Any]:
        """Removes hidden values before they are begun, and returns them."""
        kept = [index for index in range(len(self.values)) if not hidden(self.batch, index)]
        gone = [value for index, value in enumerate(self.values) if index not in {*kept}]
        if gone:
            self.values = [self.values[index] for index in kept]
            self.known = [self.known[index] for index in kept] if self.known else []
            self.batch = self.batch.part(kept)
        return gone


class _LoaderWait(Wait):
    """The keys that one loader fetches for several batches."""

    __slots__ = ("_keys", "_shares")

    def __init__(self, loader: Loader[Any, Any], batch: ValueBatch, complete: Complete) -> None:
        self._keys: list[Any] = []
        # The loader reads the keys when it is awaited.
        super().__init__([loader.load_batch(self._keys)], batch, complete, [])
        self._shares: list[tuple[ValueBatch, int, int, UseLoader]] = []

    def share(self, batch: ValueBatch, keys: list[Any], use: UseLoader) -> None:
        """Adds the keys of a batch."""
        start = len(self._keys)
        self._keys += keys
        self._shares.append((batch, start, len(self._keys), use))

    def finish(self) -> None:
        (fetched,) = self.values
        for batch, start, end, use in self._shares:
            failed = isinstance(fetched, Exception)
            values = [fetched] * (end - start) if failed else fetched[start:end]
            if use.attribute is not None:
                values = [
                    value if isinstance(value, Exception) else use.value(value) for value in values
                ]
            batch.put_all(self.complete(batch, values, []))

    def failed(self, _index: int, /) -> bool:
        return False

    def unwanted(self, hidden: Hidden) -> list[int]:
        under_way = [index for index, task in enumerate(self.tasks) if task is not None]
        return under_way if under_way and self._all(hidden) else []

    def reduce(self, hidden: Hidden) -> list[Any]:
        gone = self.values if self._all(hidden) else []
        if gone:
            self.values, self._shares = [], []
        return gone

    def _all(self, hidden: Hidden) -> bool:
        return all(
            hidden(batch, index)
            for batch, start, end, _ in self._shares
            for index in range(end - start)
        )


class _Unwanted(Exception):
    """Placeholder for a cancelled value: a null above hides it."""


class Scheduler:
    """Everything that one execution awaits."""

    phase = 0
    """How often execution has waited; the first turn counts as one."""
    has_errors = False
    """Whether a null may hide anything."""
    _changed: Future[None] | None = None
    _ending: BaseException | None = None
    """What ends the execution: a cancelled resolver, or an exception that is no field error."""

    def __init__(self) -> None:
        self._new: list[Wait] = []
        self._loads: dict[int, _LoaderWait] = {}
        """The new waits of loaders, by loader."""
        self._begun: set[Wait] = set()
        self._done: list[Wait] = []
        self._own: set[Future[Any]] = set()
        """Tasks that were made here and have not ended."""
        self._given: set[Future[Any]] = set()
        """Tasks and futures that resolvers returned and that have not ended. Several values may be the same one."""

    def __bool__(self) -> bool:
        """Whether anything has to be begun, or ended."""
        return bool(self._new or self._given)

    def add(self, wait: Wait) -> None:
        self._new.append(wait)

    def load(
        self,
        loader: Loader[Any, Any],
        keys: list[Any],
        batch: ValueBatch,
        complete: Complete,
        use: UseLoader,
    ) -> None:
        """Has a loader fetch keys, in one batch with all other keys that it gets before it begins."""
        found = self._loads.get(id(loader))
        if found is None:
            found = self._loads[id(loader)] = _LoaderWait(loader, batch, complete)
            self._new.append(found)
        found.share(batch, keys, use)

    def cancel_hidden(self, hidden: Hidden) -> None:
        """Cancels what a null hides."""
        for wait in self._new:
            unwanted = wait.reduce(hidden)
            self._given.update(filter(isfuture, unwanted))
            drop(unwanted)
        self._new = [wait for wait in self._new if wait.values]
        for wait in list(self._begun):
            for index in wait.unwanted(hidden):
                task = wait.tasks[index]
                if task in self._own:
                    task.cancel()
                wait.values[index] = _Unwanted()
                self._settle(wait, index)

    def drop(self) -> None:
        """Closes what has not begun, and results that were not completed."""
        for wait in (*self._new, *self._begun, *self._done):
            drop(wait.arrived)
            wait.tasks = [None] * len(wait.tasks)
        self._new, self._done = [], []
        self._begun.clear()
        self._loads.clear()

    async def run(self, work: Callable[[], None]) -> None:
        """Awaits until nothing is left to await; `work` does what has become possible.

        Whatever was begun has ended when this returns or raises.
        """
        self.phase += 1
        try:
            while self._new or self._done or self._begun or self._own:
                alone = self._alone() if len(self._new) == 1 else None
                if alone is not None:
                    try:
                        alone.values[0] = await alone.values[0]
                    except Exception as error:  # noqa: BLE001  # a resolver's exception is its field's error
                        alone.values[0] = error
                    alone.finish()
                    work()
                    continue
                self._begin()
                if self._ending is not None:
                    raise self._ending  # noqa: TRY301  # the execution ends here
                if self._done:
                    done, self._done = self._done, []
                    for wait in done:
                        wait.finish()
                    work()
                else:
                    await self._wait(work)
            # A bare future runs nothing, and may be shared: it is left to its owner.
            if self._given:
                await settle({given for given in self._given if type(given) is not Future})
        except GeneratorExit:
            # A coroutine that is being closed can't await: its tasks end by themselves.
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

    def _alone(self) -> Wait | None:
        """The only wait here, if it is for one coroutine: that needs no task.

        Nothing else runs meanwhile that could hide it.
        """
        (wait,) = self._new
        if self._begun or self._own or self._done or self.has_errors:
            return None
        if len(wait.values) != 1 or type(wait.values[0]) is not CoroutineType:
            return None
        self._new = []
        self._loads.clear()
        self.phase += 1
        return wait

    async def _wait(self, work: Callable[[], None]) -> None:
        self.phase += 1
        self._changed = asyncio.get_running_loop().create_future()
        # NullPropagation from before take their full effect now, and may leave less to wait for.
        work()
        if not self._done and (self._begun or self._own):
            await self._changed

    def _begin(self) -> None:
        """Begins all new waits, and only then looks at what has ended."""
        loop = asyncio.get_running_loop()
        self._loads.clear()
        for wait in self._new:
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
        """The task of an awaitable; None if it ended at once: then its result takes its place."""
        awaitable = values[index]
        try:
            task = begin(awaitable, loop)
        except Exception as error:  # noqa: BLE001  # raised by the object's `__await__`
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
        """The result of a task; an exception stands for a failure, unless it ends the execution."""
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
        """Counts a value that is there."""
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
        """Completes at once a value that makes null the value that contains it."""
        if wait.failed(index):
            self._done.append(wait.take(index))

    def _wake(self) -> None:
        if self._changed is not None and not self._changed.done():
            self._changed.set_result(None)
