"""graphql-core's execution, for operations that have no plan."""

from __future__ import annotations

from asyncio import Future, isfuture
from collections.abc import Awaitable, Callable
from types import CoroutineType, NoneType
from typing import Any, TypeGuard

from graphql import ExecutionResult, GraphQLResolveInfo, GraphQLSchema
from graphql.execution import ExperimentalIncrementalExecutionResults
from graphql.execution.executor import Executor as GraphQLCoreExecutor
from graphql.pyutils import AwaitableOrValue
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from core.execution.run.eager_tasks import drop, settle

Result = ExecutionResult | ExperimentalIncrementalExecutionResults
IsAwaitable = Callable[[Any], TypeGuard[Awaitable[Any]]]

_PLAIN = frozenset({NoneType, bool, int, float, str, list, dict})
"""Classes of most values, none of them awaitable: the predicate has to be cheap."""


class StandardExecutor(StrawberryGraphQLCoreExecutionContext):
    """Executes as graphql-core does; everything that was begun has ended when the result is there.

    graphql-core 3.3.2 alone does not ensure that: `gather_with_cancel` in graphql/pyutils makes tasks of its own
    coroutines; if it is cancelled before their first steps, the awaitables of resolvers inside them are neither
    awaited nor cancelled.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._seen: list[Any] = []
        """All awaitables of resolvers and of graphql-core."""

    def build_resolve_info(self, *arguments: Any) -> GraphQLResolveInfo[Any]:
        """Strawberry's extended info, or graphql-core's for a schema without Strawberry."""
        if is_strawberry(self.schema):
            return super().build_resolve_info(*arguments)
        return GraphQLCoreExecutor.build_resolve_info(self, *arguments)

    def execute_operation(self, serially: bool | None = None) -> AwaitableOrValue[Result]:
        """The result: at once, if no resolver has to be waited for."""
        if self.abort_signal is not None or self.hooks is not None:
            # Then graphql-core lets resolvers go on after the result, and reports when they end.
            return super().execute_operation(serially)
        self.is_awaitable = _collecting(self.is_awaitable, self._seen)
        try:
            result = super().execute_operation(serially)
        except BaseException:
            self._drop()
            raise
        if isinstance(result, Awaitable) or self.background_futures:
            return self._ended(result)
        return result

    def complete_awaitable_list_item_value(self, *arguments: Any) -> Any:
        """What completes an item that is awaited."""
        completing = super().complete_awaitable_list_item_value(*arguments)
        self._seen.append(completing)
        return completing

    def complete_list_item_value(self, item: Any, completed: list[Any], *arguments: Any) -> bool:
        """Whether something in an item has to be awaited; adds the item, or what completes it."""
        awaited = super().complete_list_item_value(item, completed, *arguments)
        if awaited:
            self._seen.append(completed[-1])
        return awaited

    async def _ended(self, pending: AwaitableOrValue[Result]) -> Result:
        """The result, after the end of all awaitables seen; an incremental result goes on with them."""
        try:
            result = await pending if isinstance(pending, Awaitable) else pending
        except GeneratorExit:
            # A coroutine that is being closed can't wait: its tasks end by themselves.
            self._drop()
            raise
        except BaseException:
            await self._end()
            raise
        if isinstance(result, ExecutionResult):
            await self._end()
        return result

    async def _end(self) -> None:
        """Ends all tasks, and closes what has not begun."""
        try:
            await settle(self._futures())
        finally:
            self._drop()

    def _drop(self) -> None:
        for future in self._futures():
            if not future.cancel() and not future.cancelled() and future.exception() is None:
                # Nobody may have read its value, such as a list with coroutines.
                drop([future.result()])
        drop(each for each in self._seen if isinstance(each, CoroutineType))
        self._seen.clear()

    def _futures(self) -> set[Future[Any]]:
        """Futures of resolvers, and graphql-core's own."""
        return {*filter(isfuture, self._seen), *self.background_futures}


def is_strawberry(schema: GraphQLSchema) -> bool:
    """Whether the schema was made by Strawberry."""
    return hasattr(schema, "_strawberry_schema")


def _collecting(is_awaitable: IsAwaitable, seen: list[Any]) -> IsAwaitable:
    """The predicate, which also adds each awaitable to `seen`."""

    def collect(value: Any) -> TypeGuard[Awaitable[Any]]:
        if type(value) in _PLAIN or not is_awaitable(value):
            return False
        seen.append(value)
        return True

    return collect
