"""Executes operations from plans, which are made once for each document."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable
from typing import Any

from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLError,
    GraphQLSchema,
    assert_valid_schema,
    get_operation_ast,
)
from graphql.execution import experimental_execute_incrementally

from core.execution.plan.plan import NotCompiled, PlanOptions
from core.execution.plan.plan_cache import Planned, plans_of
from core.execution.plan.variables import coerce_variable_values
from core.execution.run.execution import Execution
from core.execution.run.standard_executor import Result, StandardExecutor

DISABLED = Planned(None, "disabled")


class FellBack(ExecutionResult):
    """A result of the standard executor."""

    reason: str
    """Why there was no plan."""


class Counters:
    """Counts executions from plans, and those by the standard executor by their reasons."""

    def __init__(self) -> None:
        self.compiled = 0
        self.fallbacks: Counter[str] = Counter()

    def ran_compiled(self) -> None:
        self.compiled += 1

    def fell_back(self, reason: str) -> None:
        self.fallbacks[reason] += 1


class Executor:
    """Executes validated documents over one schema."""

    def __init__(
        self,
        schema: GraphQLSchema,
        *,
        enabled: bool = True,
        suggestions: bool = True,
        counters: Counters | None = None,
    ) -> None:
        """`enabled`: whether plans are used at all.

        `suggestions`: whether errors may name what the client did not write.
        """
        assert_valid_schema(schema)
        self.schema = schema
        self.enabled = enabled
        self.counters = counters or Counters()
        self._plans = plans_of(schema)
        self._options = PlanOptions(hide_suggestions=not suggestions)

    def prepare(self, document: DocumentNode, operation_name: str | None) -> None:
        """Makes the plan of an operation, if there is none yet: `execute` then finds it."""
        if self.enabled:
            self._plans.of_document(document, operation_name, self._options)

    def execute(
        self,
        document: DocumentNode,
        operation_name: str | None = None,
        variables: dict[str, Any] | None = None,
        context: Any = None,
        root: Any = None,
        *,
        to_json: bool = False,
    ) -> Any:
        """The `Result` of a validated document: at once, if no resolver has to be awaited, else an awaitable.

        `to_json`: the data is for orjson, so lists in it may be `orjson.Fragment`, written already.
        For a subscription `root` is one event of its source stream, and the result is the response to that event.
        """
        plan, reason = (
            self._plans.of_document(document, operation_name, self._options)
            if self.enabled
            else DISABLED
        )
        if plan is not None:
            values = plan.variables.values(variables or {})
            if isinstance(values, list):
                return ExecutionResult(None, values)
            try:
                execution = Execution(plan, values, root=root, context=context, to_json=to_json)
            except (NotCompiled, GraphQLError, RecursionError) as error:
                reason = str(error) if isinstance(error, NotCompiled) else "refused"
            else:
                self.counters.ran_compiled()
                return execution.execute()
        self.counters.fell_back(reason)
        try:
            result = experimental_execute_incrementally(
                self.schema,
                document,
                root,
                context,
                variables,
                operation_name,
                executor_class=StandardExecutor,
                hide_suggestions=self._options.hide_suggestions,
            )
        except Exception:
            refused = self._refused(document, operation_name, variables)
            if refused is None:
                raise
            result = refused
        if isinstance(result, Awaitable):
            return _awaited(result, reason)
        return _marked(result, reason)

    def _refused(
        self, document: DocumentNode, operation_name: str | None, variables: dict[str, Any] | None
    ) -> ExecutionResult | None:
        """The result of a request whose variables can't be coerced; None if they can."""
        operation = get_operation_ast(document, operation_name)
        if operation is None:
            return None
        found = coerce_variable_values(
            self.schema,
            operation.variable_definitions or (),
            variables or {},
            hide_suggestions=self._options.hide_suggestions,
        )
        return ExecutionResult(None, found) if isinstance(found, list) else None


async def _awaited(result: Awaitable[Result], reason: str) -> Result:
    return _marked(await result, reason)


def _marked(result: Result, reason: str) -> Result:
    if not isinstance(result, ExecutionResult):
        return result
    marked = FellBack(result.data, result.errors, result.extensions)
    marked.reason = reason
    return marked
