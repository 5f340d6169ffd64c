"""Compiled execution gives the same results as the standard executor."""

from __future__ import annotations

import asyncio
import gc
import inspect
import warnings
from typing import Any

import pytest
import strawberry
from graphql import DocumentNode, ExecutionResult, GraphQLError, execute, parse, validate
from hypothesis import HealthCheck, given, note, reject, settings
from hypothesis import strategies as st
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from core.execution.api import Executor, FellBack
from core.execution.strawberry_adapter import CompiledExecutionContext
from tests.core.execution.documents import documents
from tests.core.execution.worlds import (
    KINDS,
    Giver,
    GivingLoader,
    World,
    strawberry_schema,
    worlds,
)

pytestmark = pytest.mark.timeout(600)  # Each example makes a schema of its own.
AT_ONCE = tuple(
    kind for kind in KINDS if kind in ("attribute", "method", "parent", "info", "extended")
)
WITHOUT_DEADLINE = settings(
    max_examples=settings().max_examples // 2,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


class Shared:
    """The context of one execution."""

    def __init__(self, giver: Giver) -> None:
        self.giver = giver
        self.loaders: dict[str, GivingLoader] = {}
        self.seen: list[Any] = []

    def loader(self, name: str) -> GivingLoader:
        return self.loaders.setdefault(name, GivingLoader(self.giver, name))


class Case:
    """A schema with an operation, to be executed in several ways."""

    def __init__(self, world: World, text: str, variables: dict[str, Any], seed: int) -> None:
        self.giver = Giver(world, seed)
        self.schema: strawberry.Schema = strawberry_schema(world, self.giver)
        self.document: DocumentNode = parse(text)
        self.variables = variables
        assert validate(self.schema._schema, self.document) == []

    def root(self) -> Any:
        return self.giver.thing("Query", 1)

    async def by(self, executor_class: type) -> tuple[ExecutionResult, Shared]:
        shared = Shared(self.giver)
        result = execute(
            self.schema._schema,
            self.document,
            self.root(),
            shared,
            self.variables,
            executor_class=executor_class,
            operation_extensions=None,
        )
        return await settled(result), shared

    async def directly(self, executor: Executor) -> tuple[ExecutionResult, Shared]:
        shared = Shared(self.giver)
        result = executor.execute(
            self.document, variables=self.variables, context=shared, root=self.root()
        )
        return await settled(result), shared


def by_the_standard(case: Case) -> ExecutionResult:
    """The standard executor's result. When a null ends its work it drops coroutines that it has not started, of which
    Python warns when they are collected: here, and not while another executor is looked at.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "coroutine .* was never awaited", RuntimeWarning)
        try:
            return asyncio.run(case.by(StrawberryGraphQLCoreExecutionContext))[0]
        finally:
            gc.collect()


async def settled(result: Any) -> ExecutionResult:
    """The result, after the end of everything that was cancelled."""
    found: ExecutionResult = await result if inspect.isawaitable(result) else result
    while others := asyncio.all_tasks() - {asyncio.current_task()}:
        await asyncio.gather(*others, return_exceptions=True)
    return found


def plain(error: GraphQLError) -> tuple[Any, ...]:
    places = tuple((place.line, place.column) for place in error.locations or ())
    return tuple(error.path or ()), error.message, places, type(error.original_error).__name__


def where_null(data: Any, path: tuple[Any, ...]) -> tuple[Any, ...]:
    """The part of a path down to the first null of the data."""
    for length, step in enumerate(path):
        if data is None:
            return path[:length]
        data = data[step]
    return path


def explained(result: ExecutionResult) -> tuple[set[Any], set[Any]]:
    """What does not depend on which of several failures came first.

    The nulls that errors account for, and the errors that made null no more than their own value.
    """
    errors = result.errors or []
    nulls = {where_null(result.data, tuple(error.path or ())) for error in errors}
    own = {
        plain(error)
        for error in errors
        if where_null(result.data, tuple(error.path or ())) == tuple(error.path or ())
    }
    return nulls, own


@WITHOUT_DEADLINE
@given(data=st.data(), seed=st.integers(0, 1000))
def test_synchronous_resolvers_give_the_same_data_and_the_same_errors_in_the_same_order(
    data: st.DataObject, seed: int
) -> None:
    world = data.draw(worlds(hows=AT_ONCE))
    text, variables = data.draw(documents(world))
    case = Case(world, text, variables, seed)
    standard, expected = asyncio.run(case.by(StrawberryGraphQLCoreExecutionContext))
    compiled, shared = asyncio.run(case.by(CompiledExecutionContext))
    executor = Executor(case.schema._schema)
    direct, _ = asyncio.run(case.directly(executor))
    again, _ = asyncio.run(case.directly(executor))
    note(f"{standard}\n{compiled}")
    for result in (compiled, direct, again):
        assert result.data == standard.data
        assert list(map(plain, result.errors or ())) == list(map(plain, standard.errors or ()))
        assert not isinstance(result, FellBack)
    if standard.errors is None:
        assert sorted(shared.seen, key=repr) == sorted(expected.seen, key=repr)


@WITHOUT_DEADLINE
@given(data=st.data(), seed=st.integers(0, 1000))
def test_awaited_resolvers_and_loaders_give_the_same_data_and_errors_for_the_same_nulls(
    data: st.DataObject, seed: int
) -> None:
    world = data.draw(worlds())
    text, variables = data.draw(documents(world))
    case = Case(world, text, variables, seed)
    try:
        standard = by_the_standard(case)
    except asyncio.CancelledError:
        # The standard executor's own: a null cancels those beside it, and with them a batch that others share.
        reject()
    compiled, _ = asyncio.run(case.by(CompiledExecutionContext))
    direct, _ = asyncio.run(case.directly(Executor(case.schema._schema)))
    note(f"{standard}\n{compiled}")
    for result in (compiled, direct):
        assert result.data == standard.data
        assert explained(result) == explained(standard)
        assert not isinstance(result, FellBack)
