"""Joint reads: calls of one statement that begin within two iterations of the event loop, answered by one statement.

What a statement costs before its first row, in PostgreSQL and in the driver, is then paid once for all of them
(docs/decisions/joint-reads.md).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from core.database.pool_metrics import JOINT_READ_CALLS
from core.database.time_ordered_keys import key_array

CALLS_AT_MOST = 4
"""The calls of one joint read. They run one after the other on one connection, so the first waits for the last."""

Rows = list[Any]
Arguments = tuple[object, ...]
Fetch = Callable[..., Coroutine[Any, Any, Rows]]


class JointRead:
    """Calls of one statement, by their arguments: equal ones are one call with several callers."""

    def __init__(self) -> None:
        self.callers: dict[Arguments, list[asyncio.Future[Rows]]] = {}
        self.task: asyncio.Task[None] | None = None

    def join(self, arguments: Arguments) -> asyncio.Future[Rows]:
        """The rows of a call for one more caller."""
        rows: asyncio.Future[Rows] = asyncio.get_running_loop().create_future()
        self.callers.setdefault(arguments, []).append(rows)
        return rows

    def leave(self, rows: asyncio.Future[Rows]) -> None:
        """A caller goes away. Without any the read is cancelled."""
        rows.cancel()  # A caller that is closed instead of cancelled leaves it pending.
        if self.task is not None and not self.awaited():
            self.task.cancel()

    def awaited(self) -> list[Arguments]:
        """The calls that somebody waits for."""
        return [
            arguments
            for arguments, callers in self.callers.items()
            if not all(caller.done() for caller in callers)
        ]

    def answer(self, arguments: Arguments, rows: Rows) -> None:
        """Gives each caller a list of its own."""
        for caller in self.callers[arguments]:
            if not caller.done():
                caller.set_result([*rows])

    def fail(self, arguments: Arguments, error: Exception) -> None:
        for caller in self.callers[arguments]:
            if not caller.done():
                caller.set_exception(error)

    def end(self, _task: asyncio.Task[None]) -> None:
        for callers in self.callers.values():
            for caller in callers:
                caller.cancel()  # No effect on those that have an outcome.


class JointReads:
    """The joint reads on one database."""

    def __init__(self, fetch: Fetch, common_error: type[Exception]) -> None:
        """`fetch`: the rows of one statement. `common_error`: its error that does not depend on the arguments."""
        self._fetch = fetch
        self._common_error = common_error
        self._open: dict[str, JointRead] = {}
        """By statement: what further calls join."""
        self._running: set[asyncio.Task[None]] = set()

    async def fetch(self, statement: str, joint: str, arguments: Arguments) -> Rows:
        """The rows of the statement. `joint`: its variant for several calls. Errors: as those of `fetch` above."""
        read = self._open.get(statement)
        if read is None or len(read.callers) == CALLS_AT_MOST:
            read = self._open[statement] = JointRead()
            loop = asyncio.get_running_loop()
            # Two iterations later: requests that have arrived by now begin their calls in this one and in the next.
            loop.call_soon(loop.call_soon, self._start, read, statement, joint)
        rows = read.join(arguments)
        try:
            return await rows
        except BaseException:
            read.leave(rows)
            raise

    def _start(self, read: JointRead, statement: str, joint: str) -> None:
        if self._open.get(statement) is read:
            del self._open[statement]
        calls = read.awaited()
        if calls:
            read.task = task = asyncio.create_task(self._run(read, calls, statement, joint))
            self._running.add(task)
            task.add_done_callback(self._running.discard)
            task.add_done_callback(read.end)

    async def _run(
        self, read: JointRead, calls: list[Arguments], statement: str, joint: str
    ) -> None:
        JOINT_READ_CALLS.add(len(calls))
        if len(calls) == 1:
            await self._run_alone(read, calls[0], statement)
            return
        try:
            found = await self._fetch(joint, *map(_array, zip(*calls, strict=True)))
        except self._common_error as error:
            for call in calls:
                read.fail(call, error)
        except Exception:  # noqa: BLE001  # whose it is shows when each call runs alone
            for call in calls:
                await self._run_alone(read, call, statement)
        else:
            answers: list[Rows] = [[] for _ in calls]
            for row in found:
                answers[row[-1] - 1].append(row)
            for call, rows in zip(calls, answers, strict=True):
                read.answer(call, rows)

    async def _run_alone(self, read: JointRead, call: Arguments, statement: str) -> None:
        try:
            read.answer(call, await self._fetch(statement, *call))
        except Exception as error:  # noqa: BLE001  # the callers handle it
            read.fail(call, error)


def _array(column: tuple[Any, ...]) -> object:
    return column if isinstance(column[0], str) else key_array(column)
