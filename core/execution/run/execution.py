"""Executes a plan, one batch of objects after the other (specification 6.2 and 6.3)."""

from __future__ import annotations

from collections.abc import Awaitable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

from graphql import ExecutionResult

from core.execution.plan.selection import Field, Selection
from core.execution.run.batches import FieldBatch, ObjectBatch, PlainObjectBatch, RowBatch
from core.execution.run.completion import complete, complete_loaded, null_error
from core.execution.run.resolve_info import python_arguments, strawberry_info
from core.execution.run.resolver_calls import call_resolver
from core.execution.run.state import ExecutionState
from core.execution.schema.dataloaders import Loader, UseLoader


class Execution(ExecutionState):
    """An operation that is being executed."""

    def execute(self) -> ExecutionResult | Awaitable[ExecutionResult]:
        """The result: at once, if no resolver has to be awaited."""
        data: dict[str, Any] = {}
        roots = iter(self.branch.roots)
        for selection in roots:
            self._begin(selection, data)
            if self.scheduler:
                return self._execute_rest(data, roots)
            if self._is_null():
                break
        return self._result(data)

    async def _execute_rest(
        self, data: dict[str, Any], roots: Iterator[Selection]
    ) -> ExecutionResult:
        await self.scheduler.run(self._work)
        for selection in roots:
            if self._is_null():
                break
            self._begin(selection, data)
            await self.scheduler.run(self._work)
        return self._result(data)

    def _is_null(self) -> bool:
        """Whether an error has made the whole of the data null."""
        if self.errors is None:
            return False
        self.errors.propagate()
        return self.errors.reach_root

    def _result(self, data: dict[str, Any]) -> ExecutionResult:
        if self.errors is None:
            return ExecutionResult(data)
        return ExecutionResult(*self.errors.settle(data))

    def _begin(self, selection: Selection, data: dict[str, Any]) -> None:
        parents = PlainObjectBatch(selection, [self.root], None)
        try:
            data.update(selection.read(self, parents)[0])
            parents.results = [data]
            self._work()
        except BaseException:
            self.scheduler.drop()
            raise

    def _work(self) -> None:
        """Completes all that is queued, and cancels what errors have made useless."""
        queue = self.queue
        while queue:
            batch, values = queue.popleft()
            batch.put_all(complete(self, batch, values))
        if self.errors is not None and self.errors.propagate(self.scheduler.phase):
            self.scheduler.cancel_hidden(self.errors.hide)

    # What generated code calls: see `Runtime`.

    call = call_resolver

    def complete(self, parents: ObjectBatch, field: Field, values: list[Any], /) -> list[Any]:
        return complete(self, FieldBatch(parents, field), values)

    def complete_irregular(
        self, parents: ObjectBatch, irregular: list[tuple[Field, int, Any]], /
    ) -> None:
        positions: dict[Field, list[int]] = {}
        values: dict[Field, list[Any]] = {}
        for field, position, value in irregular:
            positions.setdefault(field, []).append(position)
            values.setdefault(field, []).append(value)
        for field, of_field in positions.items():
            batch = FieldBatch(parents, field, of_field)
            batch.put_all(complete(self, batch, values[field]))

    def complete_later(self, parents: ObjectBatch, field: Field, values: list[Any], /) -> None:
        self.queue.append((FieldBatch(parents, field), values))

    def load(self, parents: ObjectBatch, field: Field, /) -> None:
        use: Any = field.resolution
        batch = FieldBatch(parents, field)
        keys, positions = self._keys(batch, use.key)
        if not keys:
            return
        part = batch if isinstance(positions, range) else batch.part(positions)
        try:
            arguments = python_arguments(self, field, parents, positions[0]).by_name
            info = strawberry_info(self, field, parents, positions[0])
            loader: Loader[Any, Any] = use.choose(info, **arguments)
        except Exception as error:  # noqa: BLE001  # a resolver's exception is its field's error
            for index in range(len(positions)):
                self.fail(part, index, error)
            return
        part.awaited = True
        self.scheduler.load(loader, keys, part, partial(complete_loaded, self), use)

    def resolve_later(self, parents: ObjectBatch, field: Field, /) -> None:
        if isinstance(field.resolution, UseLoader):
            self.load(parents, field)
        else:
            batch = FieldBatch(parents, field)
            batch.put_all(complete(self, batch, call_resolver(self, parents, field)))

    def nested_rows(self, parents: ObjectBatch, field: Field, /) -> RowBatch:
        output_type: Any = field.output_type
        rows: Any = parents
        return RowBatch.nested(rows, field, self.select(field, output_type.graphql_type))

    def _keys(self, batch: FieldBatch, name: str) -> tuple[list[Any], Sequence[int]]:
        """The loader's keys that are not null, and the positions of the parents that have them."""
        parents = batch.parents
        with suppress(Exception):
            keys = parents.attribute_values(name)
            if None not in {*keys}:
                return keys, range(len(keys))
        keys = []
        positions: list[int] = []
        for position, source in enumerate(parents.objects):
            try:
                key = getattr(source, name)
            except Exception as error:  # noqa: BLE001  # a resolver's exception is its field's error
                self.fail(batch, position, error)
                continue
            if key is not None:
                keys.append(key)
                positions.append(position)
            elif batch.output_type.nonnull:
                self.fail(batch, position, null_error(batch))
        return keys, positions
