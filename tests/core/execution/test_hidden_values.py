"""What a null hides leaves nothing behind, under both executors."""

from __future__ import annotations

import asyncio
import inspect
from typing import Any

from graphql import (
    GraphQLField,
    GraphQLInt,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLString,
)

from tests.core.execution.test_values import Held, either_executor, run


@either_executor
async def test_coroutines_in_the_value_of_a_hidden_task_are_closed(enabled: bool) -> None:
    """The task ends while something else is still awaited."""
    inside = Held().forever()

    async def texts() -> list[Any]:
        return [inside]

    async def slow() -> int:
        for _ in range(9):
            await asyncio.sleep(0)
        return 1

    hidden = GraphQLObjectType(
        "Hidden",
        {
            "texts": GraphQLField(
                GraphQLList(GraphQLString), resolve=lambda *_: asyncio.ensure_future(texts())
            ),
            "needed": GraphQLField(GraphQLNonNull(GraphQLInt), resolve=lambda *_: None),
        },
    )
    query = GraphQLObjectType(
        "Query",
        {
            "hidden": GraphQLField(hidden, resolve=lambda *_: True),
            "slow": GraphQLField(GraphQLInt, resolve=lambda *_: slow()),
        },
    )
    text = "{ hidden { texts needed } slow }"
    result = await run(GraphQLSchema(query), text, enabled=enabled)
    assert result.data == {"hidden": None, "slow": 1}
    assert inspect.getcoroutinestate(inside) == inspect.CORO_CLOSED
