"""What resolvers get as arguments, under both executors."""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest
from graphql import (
    GraphQLArgument,
    GraphQLField,
    GraphQLInt,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLString,
    parse,
)

from core.execution.api import Executor
from tests.core.execution.test_values import either_executor, run


@either_executor
@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ("{ args(c: 3, a: 1, b: 2) }", {}),
        ("query ($v: Int) { args(c: 3, a: $v, b: 2) }", {"v": 1}),
        ("query ($v: Int, $w: Int!) { args(c: $w, b: $v, a: 1) }", {"w": 3, "v": 2}),
    ],
)
async def test_arguments_have_the_order_of_the_schema(
    text: str, sent: dict[str, Any], enabled: bool
) -> None:
    field = GraphQLField(
        GraphQLString,
        args={
            "a": GraphQLArgument(GraphQLInt),
            "missing": GraphQLArgument(GraphQLInt),
            "b": GraphQLArgument(GraphQLInt),
            "c": GraphQLArgument(GraphQLInt),
            "d": GraphQLArgument(GraphQLInt, default_value=4),
        },
        resolve=lambda *_, **arguments: str(arguments),
    )
    schema = GraphQLSchema(GraphQLObjectType("Query", {"args": field}))
    result = await run(schema, text, enabled=enabled, variables=sent)
    assert result.data == {"args": "{'a': 1, 'b': 2, 'c': 3, 'd': 4}"}


@either_executor
async def test_variables_have_the_order_of_their_definitions(enabled: bool) -> None:
    field = GraphQLField(
        GraphQLString,
        args={"a": GraphQLArgument(GraphQLInt), "b": GraphQLArgument(GraphQLInt)},
        resolve=lambda _, info, **__: str(info.variable_values.coerced),
    )
    schema = GraphQLSchema(GraphQLObjectType("Query", {"f": field}))
    text = "query ($x: Int, $y: Int = 2) { f(a: $x, b: $y) }"
    for sent, expected in (({"y": 3, "x": 1}, {"x": 1, "y": 3}), ({"x": 1}, {"x": 1, "y": 2})):
        result = await run(schema, text, enabled=enabled, variables=sent)
        assert result.data == {"f": str(expected)}


@pytest.mark.parametrize("enabled", [True, False])
def test_literals_of_scalars_are_read_in_each_execution(enabled: bool) -> None:
    """A scalar may read a literal by the clock, such as "now"."""
    numbers = count(1)
    moment = GraphQLScalarType("Moment", coerce_input_value=lambda _: next(numbers))
    field = GraphQLField(
        GraphQLInt, args={"at": GraphQLArgument(moment)}, resolve=lambda *_, at: at
    )
    executor = Executor(GraphQLSchema(GraphQLObjectType("Query", {"f": field})), enabled=enabled)
    document = parse('{ f(at: "now") }')
    found = [executor.execute(document).data["f"] for _ in range(3)]
    assert found == sorted({*found})
