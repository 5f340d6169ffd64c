"""Lists whose iterators fail after some items, under both executors."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from graphql import (
    GraphQLField,
    GraphQLInt,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLString,
)

from tests.core.execution.test_same_as_standard import plain
from tests.core.execution.test_values import Held, either_executor, run


def iterated(items: list[Any]) -> Iterator[Any]:
    yield from items
    raise ValueError("the iterator failed")


async def streamed(items: list[Any]) -> AsyncIterator[Any]:
    for item in items:
        yield item
    raise ValueError("the iterator failed")


either_iterator = pytest.mark.parametrize("fails", [iterated, streamed])


@either_iterator
@pytest.mark.parametrize(
    ("item_type", "items", "failures"),
    [
        (GraphQLInt, [1], [("the iterator failed", "list")]),
        (
            GraphQLInt,
            [1, "a", 2, ValueError("returned")],
            [
                ("Int cannot represent non-integer value: 'a'", "list.1"),
                ("returned", "list.3"),
                ("the iterator failed", "list"),
            ],
        ),
        (
            GraphQLNonNull(GraphQLInt),
            [1, "a", "b"],
            [("Int cannot represent non-integer value: 'a'", "list.1")],
        ),
        (
            GraphQLNonNull(GraphQLInt),
            [1, None],
            [("Cannot return null for non-nullable field Query.list.", "list.1")],
        ),
        (
            GraphQLList(GraphQLInt),
            [[1], ["a"], 5],
            [
                ("Int cannot represent non-integer value: 'a'", "list.1.0"),
                ("Expected Iterable, but did not find one for field 'Query.list'.", "list.2"),
                ("the iterator failed", "list"),
            ],
        ),
    ],
)
@pytest.mark.parametrize("beside", [False, True])
@pytest.mark.parametrize("nonnull", [False, True])
@either_executor
async def test_errors_of_items_come_before_that_of_their_iterator(
    fails: Any,
    item_type: Any,
    items: Any,
    failures: Any,
    beside: bool,
    nonnull: bool,
    enabled: bool,
) -> None:
    """`beside`: whether there are lists of the same field that don't fail."""
    of_items = GraphQLNonNull(GraphQLList(item_type)) if nonnull else GraphQLList(item_type)
    holder = GraphQLObjectType(
        "Query", {"list": GraphQLField(of_items, resolve=lambda source, _: source)}
    )
    if beside:
        many = GraphQLField(
            GraphQLList(holder), resolve=lambda *_: [[], fails([*items]), iter([]), ()]
        )
        query = GraphQLObjectType("Root", {"many": many})
        result = await run(GraphQLSchema(query), "{ many { list } }", enabled=enabled)
        null = None if nonnull else {"list": None}
        assert result.data == {"many": [{"list": []}, null, {"list": []}, {"list": []}]}
    else:
        schema = GraphQLSchema(holder)
        result = await run(schema, "{ list }", enabled=enabled, root=fails([*items]))
        assert result.data == (None if nonnull else {"list": None})
    prefix = "many.1." if beside else ""
    found = [(error.message, ".".join(map(str, error.path))) for error in result.errors]
    assert found == [(message, prefix + path) for message, path in failures]


@either_iterator
@either_executor
async def test_what_items_wait_for_is_ended(fails: Any, enabled: bool) -> None:
    held = Held()
    item = GraphQLObjectType(
        "Item", {"text": GraphQLField(GraphQLString, resolve=lambda *_: held.forever())}
    )
    items = [1, held.forever(), 2]
    query = GraphQLObjectType(
        "Query", {"items": GraphQLField(GraphQLList(item), resolve=lambda *_: fails(items))}
    )
    running = run(GraphQLSchema(query), "{ items { text } }", enabled=enabled)
    result = await asyncio.wait_for(running, 10)
    assert result.data == {"items": None}
    assert [plain(error)[:2] for error in result.errors] == [(("items",), "the iterator failed")]
    assert held.count == 0
    assert asyncio.all_tasks() == {asyncio.current_task()}
