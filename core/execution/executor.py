"""Operations executed from plans, without any set-up for each request."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any

from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLError,
    GraphQLSchema,
    assert_valid_schema,
    default_field_resolver,
    default_type_resolver,
    get_operation_ast,
)
from graphql.execution import experimental_execute_incrementally

from core.execution.cache import RecentlyUsed
from core.execution.counters import Counters
from core.execution.plans import NotCompiled, Plan, operation_of
from core.execution.run import Run
from core.execution.standard import Result, StandardExecutor
from core.execution.variables import variable_values


class FellBack(ExecutionResult):
    """A result of the standard executor."""

    reason: str
    """Why there was no plan."""


class Operation:
    """One operation of a document, ready to be executed any number of times."""

    def __init__(self, executor: Executor, document: DocumentNode, name: str | None) -> None:
        self.document = document
        self._executor = executor
        self._name = name
        self.fallback: str | None = None
        """Why the standard executor runs it; None if a plan does."""
        self._plan: Plan | None = None
        try:
            self._plan = executor.plan(document, name)
        except NotCompiled as reason:
            self.fallback = str(reason)

    def execute(
        self,
        *,
        variables: dict[str, Any] | None = None,
        context: Any = None,
        root: Any = None,
        to_json: bool = False,
    ) -> Result | Awaitable[Result]:
        """The result: at once, if no resolver has to be waited for.

        `to_json`: the data is for orjson, so lists in it may be `orjson.Fragment`, written already.
        For a subscription `root` is one event of its source stream, and the result what that event says.
        """
        executor = self._executor
        plan = self._plan
        if plan is None:
            return executor.fall_back(
                self.document, self._name, variables, context, root, self.fallback or ""
            )
        values = plan.variables.values(variables or {})
        if isinstance(values, list):
            return ExecutionResult(None, values)
        try:
            run = Run(plan, values, root=root, context=context, to_json=to_json)
        except (NotCompiled, GraphQLError, RecursionError) as error:
            reason = str(error) if isinstance(error, NotCompiled) else "refused"
            return executor.fall_back(self.document, self._name, variables, context, root, reason)
        executor.counters.ran_compiled()
        return run.execute()


class Executor:
    """Executes validated documents over one schema."""

    def __init__(
        self,
        schema: GraphQLSchema,
        *,
        enabled: bool = True,
        plans: int = 512,
        suggestions: bool = True,
        counters: Counters | None = None,
    ) -> None:
        """`enabled`: whether plans are used at all. `plans`: how many are kept.

        `suggestions`: whether errors may name what the client did not write.
        """
        assert_valid_schema(schema)
        self.schema = schema
        self.enabled = enabled
        self._hide_suggestions = not suggestions
        self.counters = counters or Counters()
        self._operations: RecentlyUsed[tuple[int, str | None], Operation] = RecentlyUsed(plans)

    def __len__(self) -> int:
        """How many plans are kept."""
        return len(self._operations)

    def prepare(self, document: DocumentNode, operation_name: str | None = None) -> Operation:
        """The operation of that name, or the only one."""
        # An operation keeps its document, so nothing else gets the same id meanwhile.
        key = (id(document), operation_name)
        found = self._operations.get(key)
        if found is None:
            found = Operation(self, document, operation_name)
            self._operations.put(key, found)
        return found

    def execute(
        self,
        document: DocumentNode,
        *,
        variables: dict[str, Any] | None = None,
        operation_name: str | None = None,
        context: Any = None,
        root: Any = None,
        to_json: bool = False,
    ) -> Result | Awaitable[Result]:
        """The result of a validated document; see `Operation.execute`."""
        operation = self.prepare(document, operation_name)
        return operation.execute(variables=variables, context=context, root=root, to_json=to_json)

    def plan(self, document: DocumentNode, operation_name: str | None) -> Plan:
        """A new plan. Errors: NotCompiled."""
        if not self.enabled:
            raise NotCompiled("disabled")
        operation, fragments = operation_of(document, operation_name)
        return Plan(
            self.schema,
            operation,
            fragments,
            field_resolver=default_field_resolver,
            type_resolver=default_type_resolver,
            hide_suggestions=self._hide_suggestions,
        )

    def fall_back(
        self,
        document: DocumentNode,
        operation_name: str | None,
        variables: dict[str, Any] | None,
        context: Any,
        root: Any,
        reason: str,
    ) -> Result | Awaitable[Result]:
        """The result of the standard executor."""
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
                hide_suggestions=self._hide_suggestions,
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
        self,
        document: DocumentNode,
        operation_name: str | None,
        variables: dict[str, Any] | None,
    ) -> ExecutionResult | None:
        """The result of a request whose variables are refused; None if they are not."""
        operation = get_operation_ast(document, operation_name)
        if operation is None:
            return None
        found = variable_values(
            self.schema,
            operation.variable_definitions or (),
            variables or {},
            hide_suggestions=self._hide_suggestions,
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
