"""The state of one execution, which all steps of it share."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

from graphql import GraphQLObjectType
from graphql.execution.values import VariableValues
from graphql.pyutils.is_awaitable import is_async_iterable, is_awaitable

from core.execution.plan.plan import Plan
from core.execution.plan.selection import Field, Runtime, Selection
from core.execution.run.batches import FieldBatch, ObjectBatch, ValueBatch
from core.execution.run.null_propagation import NullPropagation
from core.execution.run.scheduler import Complete, Scheduler, Wait

BuildInfo = Callable[..., Any]


class ExecutionState(Runtime[ObjectBatch]):
    """What resolvers share, what is awaited, and the errors so far. `Execution` adds the steps."""

    build_info: BuildInfo | None = None
    is_awaitable: Callable[[Any], bool] = staticmethod(is_awaitable)
    is_async_iterable: Callable[[Any], bool] = staticmethod(is_async_iterable)
    operation_extensions: dict[str, Any] | None = None
    errors: NullPropagation | None = None
    """None until there is one."""

    def __init__(
        self,
        plan: Plan,
        variables: VariableValues,
        *,
        root: Any = None,
        context: Any = None,
        to_json: bool = False,
    ) -> None:
        """`to_json`: whether parts of the data may be JSON already. Errors: NotCompiled, GraphQLError."""
        self.plan = plan
        self.branch = plan.branch(variables)
        self.variables = variables
        self.root = root
        self.context = context
        self.to_json = to_json
        self.scheduler = Scheduler()
        self.queue: deque[tuple[FieldBatch, list[Any]]] = deque()
        """Values to complete when the results of their parents are in place."""

    def select(self, field: Field, graphql_type: GraphQLObjectType) -> Selection:
        """What is selected of a field's objects of that type. Errors: GraphQLError."""
        return self.branch.selection(field, graphql_type, self.variables)

    def fail(
        self, batch: ValueBatch, index: int, error: Exception, *, after_items: int | None = None
    ) -> None:
        """Adds the error of a value. `after_items`: of a list, how many items were there before it failed."""
        if self.errors is None:
            self.errors = NullPropagation(enabled=self.plan.propagates)
            self.scheduler.has_errors = True
        self.errors.add(batch, index, error, self.scheduler.phase, after_items)

    def wait(
        self,
        batch: ValueBatch,
        indexes: Sequence[int],
        values: list[Any],
        complete: Complete,
        known: list[Any] | None = None,
    ) -> None:
        """Has the values at these indexes of a batch awaited, and then completed."""
        awaitables = [*map(values.__getitem__, indexes)]
        more = [] if known is None else [*map(known.__getitem__, indexes)]
        self.scheduler.add(Wait(awaitables, batch.part(indexes, awaited=True), complete, more))
