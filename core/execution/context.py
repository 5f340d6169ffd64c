"""Compiled execution in the place of Strawberry's executor."""

from __future__ import annotations

from typing import Any, ClassVar

from graphql import GraphQLError, GraphQLSchema
from graphql.pyutils import AwaitableOrValue

from core.execution.cache import RecentlyUsed
from core.execution.counters import Counters
from core.execution.plans import NotCompiled, Plan
from core.execution.run import Run
from core.execution.standard import Result, StandardExecutor, is_strawberry
from core.execution.ways import ways_of

PLANS = 512
"""How many plans are kept for a schema."""


class CompiledExecutionContext(StandardExecutor):
    """An executor for `strawberry.Schema(execution_context_class=...)` and for graphql-core.

    Runs queries, mutations and the events of subscriptions from plans; what has none goes the usual way.
    """

    enabled: ClassVar[bool] = True
    """Whether plans are used at all."""
    counters: ClassVar[Counters] = Counters()

    def execute_operation(self, serially: bool | None = None) -> AwaitableOrValue[Result]:
        """The result, from the operation's plan if it has one."""
        run = self._run()
        if isinstance(run, str):
            self.counters.fell_back(run)
            return super().execute_operation(serially)
        self.counters.ran_compiled()
        return run.execute()

    def _run(self) -> Run | str:
        """The operation, ready to run; else why it has no plan."""
        if not self.enabled:
            return "disabled"
        if self.middleware_manager is not None and self.middleware_manager.middlewares:
            return "middleware"
        if self.abort_signal is not None or self.hooks is not None:
            return "abort signal or hooks"
        try:
            return Run(
                self._plan(),
                self.variable_values,
                root=self.root_value,
                context=self.context_value,
                build_info=self._own_build_info(),
                is_awaitable=self.is_awaitable,
                is_async_iterable=self.is_async_iterable,
                operation_extensions=self.operation_extensions,
            )
        except NotCompiled as reason:
            return str(reason)
        except (GraphQLError, RecursionError):
            return "refused"

    def _own_build_info(self) -> Any:
        """The info of a class that makes its own, and of a schema without Strawberry."""
        own = type(self).build_resolve_info is not StandardExecutor.build_resolve_info
        return self.build_resolve_info if own or not is_strawberry(self.schema) else None

    def _plan(self) -> Plan:
        """The plan of this operation, or of one that is the same word for word."""
        operation = self.operation
        plans = _plans(self.schema)
        key = (
            id(operation) if operation.loc is None else operation.loc.source.body,
            operation.name and operation.name.value,
            self.field_resolver,
            self.type_resolver,
            self.hide_suggestions,
        )
        found = plans.get(key)
        # A document may have been edited since it was parsed.
        if found is None or not found.is_for(operation, self.fragment_definitions):
            found = Plan(
                self.schema,
                operation,
                self.fragments,
                field_resolver=self.field_resolver,
                type_resolver=self.type_resolver,
                hide_suggestions=self.hide_suggestions,
            )
            plans.put(key, found)
        return found


Plans = RecentlyUsed[tuple[Any, ...], Plan]


def _plans(schema: GraphQLSchema) -> Plans:
    """The plans of the schema; kept with it."""
    ways = ways_of(schema)
    found: Plans | None = ways.plans
    if found is None:
        found = ways.plans = RecentlyUsed(PLANS)
    return found
