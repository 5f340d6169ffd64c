"""Inputs that an input type refuses, under both executors."""

from __future__ import annotations

from enum import Enum
from typing import Any

import pytest
import strawberry
from graphql import (
    GraphQLArgument,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInt,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLString,
)

from core.execution.plan.arguments import python_arguments
from core.graphql.errors import execution_error_entries
from core.graphql.one_of_inputs import mark_one_of_inputs
from tests.core.execution.test_values import either_executor, run


def refusing(value: Any) -> Any:
    raise ZeroDivisionError(value)


@strawberry.input(one_of=True)
class Choice:
    x: strawberry.Maybe[int]
    y: strawberry.Maybe[str]


@strawberry.enum
class Order(Enum):
    NEWEST = "newest first"
    TOP = "top first"


@strawberry.input
class Sorting:
    order: Order
    then: Order | None = None


@strawberry.type
class Chooser:
    @strawberry.field
    def orders(self, by: Sorting, order: Order = Order.NEWEST, then: Order | None = None) -> str:
        return f"{order} {then} {by.order} {by.then}"

    @strawberry.field
    def chosen(self, choice: Choice) -> str:
        return repr(choice)

    @strawberry.field
    def all_chosen(self, choices: list[Choice]) -> str:
        return repr(choices)


@either_executor
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("query($o: Order!) { orders(by: {order: $o}) }", "NEWEST None TOP None"),
        ("query($o: Order!) { orders(order: $o, then: $o, by: {order: NEWEST, then: $o}) }", "TOP TOP NEWEST TOP"),
        ("query($o: Order) { orders(then: null, order: TOP, by: {order: TOP, then: null}) }", "TOP None TOP None"),
    ],
)  # fmt: skip
async def test_enums_reach_resolvers_as_members(text: str, expected: str, enabled: bool) -> None:
    schema = strawberry.Schema(Chooser)
    result = await run(schema._schema, text, enabled=enabled, variables={"o": "TOP"})
    names = [f"Order.{name}" if name != "None" else name for name in expected.split()]
    assert (result.errors, result.data) == (None, {"orders": " ".join(names)})


def test_fields_with_enums_and_inputs_of_them_need_no_conversion_by_strawberry() -> None:
    schema = strawberry.Schema(Chooser)
    [field] = [each for each in schema.get_type_by_name("Chooser").fields if each.name == "orders"]  # type: ignore[union-attr]  # an object type
    parts = python_arguments(schema, field).parts
    assert parts is not None
    assert [name for name, (_, convert) in parts.items() if convert is not None] == ["by"]


@either_executor
@pytest.mark.parametrize("choice", [{"x": 1, "y": "a"}, {}, {"x": None}])
@pytest.mark.parametrize(
    "text",
    [
        "query Q($sent: Choice!) { chosen(choice: $sent) }",
        "query Q($sent: Choice!) { allChosen(choices: [$sent]) }",
        "query Q($sent: [Choice!]!) { allChosen(choices: $sent) }",
    ],
)
async def test_a_choice_of_several_or_none_is_an_error_of_the_request(
    text: str, choice: Any, enabled: bool
) -> None:
    schema = strawberry.Schema(Chooser)._schema
    result = await run(schema, text, enabled=enabled, variables={"sent": choice})
    assert result.data is None
    [error] = result.errors
    assert error.path is None
    assert "must" in error.message


@either_executor
@pytest.mark.parametrize("literal", ["{}", '{x: 1, y: "a"}', "{x: null}"])
async def test_a_literal_of_several_or_none_is_the_clients_error(
    literal: str, enabled: bool
) -> None:
    schema = strawberry.Schema(Chooser)._schema
    mark_one_of_inputs(schema)
    result = await run(schema, f"{{ chosen(choice: {literal}) }}", enabled=enabled)
    [entry] = execution_error_entries(result.errors, None)
    assert (entry["extensions"]["code"], entry["path"]) == ("BAD_INPUT", ["chosen"])
    assert "exactly one field must be specified" in entry["message"]


def refusing_schema(default: Any = None) -> GraphQLSchema:
    """A schema with an input type that refuses all values, also inside another."""
    refused = GraphQLInputObjectType(
        "Refused", {"a": GraphQLInputField(GraphQLInt)}, out_type=refusing
    )
    around = GraphQLInputObjectType(
        "Around", {"inside": GraphQLInputField(refused, default_value=default)}
    )
    arguments = {"refused": GraphQLArgument(refused), "around": GraphQLArgument(around)}
    field = GraphQLField(GraphQLString, args=arguments, resolve=lambda *_, **__: "never")
    return GraphQLSchema(GraphQLObjectType("Query", {"f": field, "g": GraphQLField(GraphQLInt)}))


@either_executor
@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ("query Q($v: Refused) { f(refused: $v) }", {"a": 1}),
        ("query Q($v: Refused!) { f(refused: $v) }", {}),
        ("query Q($n: Int, $v: Around) { f(around: $v) g }", {"inside": {"a": 1}}),
        ("query Q($v: [Refused]) { g }", [{"a": 1}]),
        ("query Q($v: Refused = {a: 1}) { f(refused: $v) }", ...),
    ],
)
async def test_an_exception_of_an_input_type_is_an_error_of_the_request(
    text: str, sent: Any, enabled: bool
) -> None:
    variables = {} if sent is ... else {"v": sent}
    result = await run(refusing_schema(), text, enabled=enabled, variables=variables)
    assert result.data is None
    [error] = result.errors
    assert "$v" in error.message
    assert error.locations
    assert error.path is None


@either_executor
@pytest.mark.parametrize("text", ["{ f(refused: {a: 1}) g }", "{ f(around: {inside: {}}) g }"])
async def test_an_exception_of_an_input_type_for_a_literal_is_an_error_of_the_field(
    text: str, enabled: bool
) -> None:
    result = await run(refusing_schema(), text, enabled=enabled)
    assert result.data == {"f": None, "g": None}
    [error] = result.errors
    assert error.path == ["f"]
