"""Executes operations from plans, which are made once for each document."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Hashable
from typing import Any

from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    assert_valid_schema,
    default_field_resolver,
    default_type_resolver,
    get_operation_ast,
)
from graphql.execution import experimental_execute_incrementally
from graphql.execution.collect_fields import FragmentDetails

from core.execution.plan.plan import NotCompiled, Plan, operation_of
from core.execution.plan.recently_used import RecentlyUsed
from core.execution.plan.variables import coerce_variable_values
from core.execution.run.execution import Execution
from core.execution.run.standard_executor import Result, StandardExecutor

PLANS = 512
"""How many prepared operations an executor keeps."""


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


class Operation:
    """One operation of a document, which can be executed any number of times."""

    def __init__(self, executor: Executor, document: DocumentNode, name: str | None) -> None:
        self.document = document
        """Kept, so that no other document gets its id meanwhile."""
        self._executor = executor
        self._name = name
        self.plan: Plan | None = None
        self.fallback: str | None = None
        """Why the standard executor has to execute it; None if there is a plan."""

    def compile(self, make: Callable[[], Plan]) -> Operation:
        """The same operation, with the plan if one can be made."""
        try:
            self.plan = make()
        except NotCompiled as reason:
            self.fallback = str(reason)
        return self

    def execute(
        self,
        *,
        variables: dict[str, Any] | None = None,
        context: Any = None,
        root: Any = None,
        to_json: bool = False,
    ) -> Result | Awaitable[Result]:
        """The result: at once, if no resolver has to be awaited.

        `to_json`: the data is for orjson, so lists in it may be `orjson.Fragment`, written already.
        For a subscription `root` is one event of its source stream, and the result is the response to that event.
        """
        executor, plan = self._executor, self.plan
        reason = self.fallback or ""
        if plan is not None:
            values = plan.variables.values(variables or {})
            if isinstance(values, list):
                return ExecutionResult(None, values)
            try:
                run = Execution(plan, values, root=root, context=context, to_json=to_json)
            except (NotCompiled, GraphQLError, RecursionError) as error:
                reason = str(error) if isinstance(error, NotCompiled) else "refused"
            else:
                executor.counters.ran_compiled()
                return run.execute()
        return executor.fall_back(self.document, self._name, variables, context, root, reason)


class Executor:
    """Executes validated documents over one schema."""

    def __init__(
        self,
        schema: GraphQLSchema,
        *,
        enabled: bool = True,
        plans: int = PLANS,
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
        self._operations: RecentlyUsed[Hashable, Operation] = RecentlyUsed(plans)

    def __len__(self) -> int:
        """How many operations are kept."""
        return len(self._operations)

    def prepare(self, document: DocumentNode, operation_name: str | None = None) -> Operation:
        """The operation of that name, or the only one."""
        key = (id(document), operation_name)
        found = self._operations.get(key)
        if found is None:
            found = Operation(self, document, operation_name)
            found.compile(lambda: self._plan(document, operation_name))
            self._operations.put(key, found)
        return found

    def prepare_parsed(
        self,
        operation: OperationDefinitionNode,
        fragments: dict[str, FragmentDetails],
        **options: Any,
    ) -> Operation:
        """An operation that graphql-core has taken from its document, with the options of `Plan`.

        It is the one prepared before, if the source text is the same.
        """
        text = id(operation) if operation.loc is None else operation.loc.source.body
        key = (text, operation.name and operation.name.value, *options.values())
        found = self._operations.get(key)
        # A document may have been edited since it was parsed.
        if found is None or found.plan is None or not found.plan.is_for(operation, fragments):
            definitions = (used.definition for used in fragments.values())
            document = DocumentNode(definitions=(operation, *definitions))
            found = Operation(self, document, None)
            found.compile(lambda: Plan(self.schema, operation, fragments, **options))
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

    def _plan(self, document: DocumentNode, operation_name: str | None) -> Plan:
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
        """The result of a request whose variables can't be coerced; None if they can."""
        operation = get_operation_ast(document, operation_name)
        if operation is None:
            return None
        found = coerce_variable_values(
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
