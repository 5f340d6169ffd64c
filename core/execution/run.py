"""One execution of a plan, level by level."""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

from graphql import ExecutionResult
from graphql.execution.values import VariableValues
from graphql.pyutils.is_awaitable import is_async_iterable, is_awaitable

from core.execution.completion import complete, go_on, missing
from core.execution.failures import Failures
from core.execution.fields import Field
from core.execution.loading import Loaded, Loader
from core.execution.plans import Plan
from core.execution.positions import Column, FieldColumn, Level, ObjectLevel
from core.execution.selections import Selection
from core.execution.waiting import Complete, Wait, Waits

BuildInfo = Callable[..., Any]


class Run:
    """An operation under way: what its resolvers share, what is still to do, and what went wrong."""

    __slots__ = (
        "_queue",
        "_waits",
        "branch",
        "build_info",
        "context",
        "failures",
        "is_async_iterable",
        "is_awaitable",
        "operation_extensions",
        "plan",
        "root",
        "to_json",
        "variables",
    )

    def __init__(
        self,
        plan: Plan,
        variables: VariableValues,
        *,
        root: Any = None,
        context: Any = None,
        build_info: BuildInfo | None = None,
        is_awaitable: Callable[[Any], bool] = is_awaitable,
        is_async_iterable: Callable[[Any], bool] = is_async_iterable,
        operation_extensions: dict[str, Any] | None = None,
        to_json: bool = False,
    ) -> None:
        """`to_json`: whether parts of the data may be JSON already. Errors: NotCompiled, GraphQLError."""
        self.plan = plan
        self.branch = plan.branch(variables)
        self.variables = variables
        self.root = root
        self.context = context
        self.build_info = build_info
        self.is_awaitable = is_awaitable
        self.is_async_iterable = is_async_iterable
        self.operation_extensions = operation_extensions
        self.to_json = to_json
        self.failures = Failures(propagate=plan.propagates)
        self._queue: deque[tuple[FieldColumn, list[Any]]] = deque()
        self._waits = Waits(self.failures)

    def execute(self) -> ExecutionResult | Awaitable[ExecutionResult]:
        """The result: at once, if no resolver has to be waited for."""
        data: dict[str, Any] = {}
        roots = iter(self.branch.roots)
        for selection in roots:
            self._begin(selection, data)
            if self._waits:
                return self._execute_rest(data, roots)
            if self.failures.reach_root:
                break
        return ExecutionResult(*self.failures.settle(data))

    async def _execute_rest(
        self, data: dict[str, Any], roots: Iterator[Selection]
    ) -> ExecutionResult:
        await self._waits.run(self._work)
        for selection in roots:
            self.failures.spread()
            if self.failures.reach_root:
                break
            self._begin(selection, data)
            await self._waits.run(self._work)
        return ExecutionResult(*self.failures.settle(data))

    def _begin(self, selection: Selection, data: dict[str, Any]) -> None:
        level = ObjectLevel(selection, [self.root], None)
        try:
            data.update(selection.read(self, level)[0])
            level.answers = [data]
            self._work()
        except BaseException:
            self._waits.drop()
            raise

    # What the code of selections calls.

    def complete(self, level: Level, field: Field, values: list[Any]) -> list[Any]:
        """The values as the response has them, with nulls for what failed or is still to come."""
        return complete(self, FieldColumn(level, field), values)

    def odd(self, level: Level, odd: list[tuple[Field, int, Any]]) -> None:
        """Takes a closer look at values that can't be written as they are."""
        rows: dict[Field, list[int]] = {}
        values: dict[Field, list[Any]] = {}
        for field, row, value in odd:
            rows.setdefault(field, []).append(row)
            values.setdefault(field, []).append(value)
        for field, places in rows.items():
            column = FieldColumn(level, field, places)
            column.put_all(complete(self, column, values[field]))

    def later(self, level: Level, field: Field, values: list[Any]) -> None:
        """Completes values when their parents are in place."""
        self._queue.append((FieldColumn(level, field), values))

    def load(self, level: Level, field: Field, loaded: Loaded) -> None:
        """Has a loader fetch the values for all objects of the level."""
        column = FieldColumn(level, field)
        keys, rows = self._keys(column, loaded.key)
        if not keys:
            return
        part = column if isinstance(rows, range) else column.part(rows)
        try:
            arguments = field.python_values(self, level, rows[0]).by_name
            loader: Loader[Any, Any] = loaded.choose(field.info(self, level, rows[0]), **arguments)
        except Exception as error:  # noqa: BLE001  # a chooser's failure is its field's error
            for index in range(len(rows)):
                self.fail(part, index, error)
            return
        waiting = part.part(range(len(rows)), awaited=True)
        self._waits.load(loader, keys, waiting, partial(go_on, self))

    def read_later(self, level: Level, field: Field) -> None:
        """Reads the values of a field from the objects of a level whose answers are there."""
        if field.way.loaded is not None:
            self.load(level, field, field.way.loaded)
        else:
            column = FieldColumn(level, field)
            column.put_all(complete(self, column, field.read(self, field, level)))

    def _keys(self, column: FieldColumn, name: str) -> tuple[list[Any], Sequence[int]]:
        """The keys that there are, and the rows of the objects that have them."""
        level = column.level
        with suppress(Exception):
            keys = level.values(name)
            if None not in {*keys}:
                return keys, range(len(keys))
        keys = []
        rows: list[int] = []
        for row, source in enumerate(level.objects):
            try:
                key = getattr(source, name)
            except Exception as error:  # noqa: BLE001  # a resolver's failure is its field's error
                self.fail(column, row, error)
                continue
            if key is not None:
                keys.append(key)
                rows.append(row)
            elif column.shape.nonnull:
                self.fail(column, row, missing(column))
        return keys, rows

    # What completion calls.

    def fail(self, column: Column, index: int, error: Exception) -> None:
        """Notes what went wrong with a value."""
        self.failures.add(column, index, error, self._waits.phase)

    def wait(
        self,
        column: Column,
        awaitables: list[Any],
        complete: Complete,
        known: list[Any] | None = None,
    ) -> None:
        """Goes on with the values of a column when they are there."""
        self._waits.add(Wait(awaitables, column, complete, known or []))

    def _work(self) -> None:
        queue = self._queue
        while queue:
            column, values = queue.popleft()
            column.put_all(complete(self, column, values))
        if self.failures and self.failures.spread(self._waits.phase):
            self._waits.give_up(self.failures.hide)
