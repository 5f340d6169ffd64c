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

from core.execution.coroutines import drop, settle

Result = ExecutionResult | ExperimentalIncrementalExecutionResults
IsAwaitable = Callable[[Any], TypeGuard[Awaitable[Any]]]

_PLAIN = frozenset({NoneType, bool, int, float, str, list, dict})
"""Classes of most values, none of them awaitable: the predicate has to be cheap."""


class StandardExecutor(StrawberryGraphQLCoreExecutionContext):
    """Executes as graphql-core does; whatever resolvers began has ended when a result is awaited.

    graphql-core 3.3.2 alone does not see to that: `gather_with_cancel` in graphql/pyutils makes tasks of its own
    coroutines, and if it is cancelled before their first steps, the awaitables inside them, which resolvers gave,
    are neither awaited nor cancelled.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._seen: list[Any] = []
        """All that is awaitable, of resolvers and of graphql-core."""

    def build_resolve_info(self, *arguments: Any) -> GraphQLResolveInfo[Any]:
        """The info as Strawberry wants it, or as graphql-core does for a schema of its own."""
        if is_strawberry(self.schema):
            return super().build_resolve_info(*arguments)
        return GraphQLCoreExecutor.build_resolve_info(self, *arguments)

    def execute_operation(self, serially: bool | None = None) -> AwaitableOrValue[Result]:
        """The result: at once, if no resolver has to be waited for."""
        if self.abort_signal is not None or self.hooks is not None:
            # With these graphql-core lets resolvers go on after the result, and tells when they end.
            return super().execute_operation(serially)
        self.is_awaitable = _collecting(self.is_awaitable, self._seen)
        try:
            result = super().execute_operation(serially)
        except BaseException:
            self._give_up()
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
        """The result, after the end of all awaitables seen. A result that comes in parts goes on with them."""
        try:
            result = await pending if isinstance(pending, Awaitable) else pending
        except GeneratorExit:
            # A coroutine that is being closed can't wait: its tasks end by themselves.
            self._give_up()
            raise
        except BaseException:
            await self._end()
            raise
        if isinstance(result, ExecutionResult):
            await self._end()
        return result

    async def _end(self) -> None:
        """Ends what is under way, and closes what has not begun."""
        try:
            await settle(self._futures())
        finally:
            self._give_up()

    def _give_up(self) -> None:
        for future in self._futures():
            future.cancel()
        drop(each for each in self._seen if isinstance(each, CoroutineType))
        self._seen.clear()

    def _futures(self) -> set[Future[Any]]:
        """Futures that resolvers gave, and graphql-core's own."""
        return {*filter(isfuture, self._seen), *self.background_futures}


def is_strawberry(schema: GraphQLSchema) -> bool:
    """Whether the schema was made by Strawberry."""
    return hasattr(schema, "_strawberry_schema")


def _collecting(is_awaitable: IsAwaitable, seen: list[Any]) -> IsAwaitable:
    """The predicate, which adds each awaitable to those seen."""

    def collect(value: Any) -> TypeGuard[Awaitable[Any]]:
        if type(value) in _PLAIN or not is_awaitable(value):
            return False
        seen.append(value)
        return True

    return collect
