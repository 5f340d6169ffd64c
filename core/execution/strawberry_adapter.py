"""Compiled execution in the place of Strawberry's executor."""

from __future__ import annotations

from typing import Any, ClassVar

from graphql import GraphQLError
from graphql.pyutils import AwaitableOrValue

from core.execution.api import Counters
from core.execution.plan.plan import NotCompiled, PlanOptions
from core.execution.plan.plan_cache import plans_of
from core.execution.run.execution import Execution
from core.execution.run.standard_executor import Result, StandardExecutor, is_strawberry


class CompiledExecutionContext(StandardExecutor):
    """An executor for `strawberry.Schema(execution_context_class=...)` and for graphql-core.

    Executes queries, mutations and the events of subscriptions from plans, and all else as graphql-core does.
    """

    enabled: ClassVar[bool] = True
    """Whether plans are used at all."""
    counters: ClassVar[Counters] = Counters()

    def execute_operation(self, serially: bool | None = None) -> AwaitableOrValue[Result]:
        """The result, from the operation's plan if it has one."""
        execution = self._execution()
        if isinstance(execution, str):
            self.counters.fell_back(execution)
            return super().execute_operation(serially)
        self.counters.ran_compiled()
        return execution.execute()

    def _execution(self) -> Execution | str:
        """The operation, ready to be executed; or why it has no plan."""
        if not self.enabled:
            return "disabled"
        if self.middleware_manager is not None and self.middleware_manager.middlewares:
            return "middleware"
        if self.abort_signal is not None or self.hooks is not None:
            return "abort signal or hooks"
        options = PlanOptions(self.field_resolver, self.type_resolver, self.hide_suggestions)
        plan, reason = plans_of(self.schema).of_operation(self.operation, self.fragments, options)
        if plan is None:
            return reason
        try:
            execution = Execution(
                plan, self.variable_values, root=self.root_value, context=self.context_value
            )
        except (NotCompiled, GraphQLError, RecursionError) as error:
            return str(error) if isinstance(error, NotCompiled) else "refused"
        execution.build_info = self._own_build_info()
        execution.is_awaitable = self.is_awaitable
        execution.is_async_iterable = self.is_async_iterable
        execution.operation_extensions = self.operation_extensions
        return execution

    def _own_build_info(self) -> Any:
        """How a subclass makes the info, or graphql-core for a schema without Strawberry; else None."""
        own = type(self).build_resolve_info is not StandardExecutor.build_resolve_info
        return self.build_resolve_info if own or not is_strawberry(self.schema) else None
