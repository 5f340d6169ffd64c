"""Lists of rows are written as the JSON that orjson makes of their results."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any, NamedTuple

import orjson
import pytest
import strawberry
from graphql import parse
from orjson import Fragment

from core.execution.api import Executor
from core.execution.rows import to_json
from core.execution.schema.dataloaders import Loader, loaded
from core.execution.schema.hints import InstancesOf
from core.execution.schema.row_layout import Layout, Rows
from tests.core.execution.shelves import EXECUTOR, FriendsLoader, Root, world
from tests.core.execution.test_same_as_standard import settled

pytest.importorskip("core.native.row_template", reason="not compiled")


def fragments(data: Any) -> Iterator[Fragment]:
    if isinstance(data, Fragment):
        yield data
    elif isinstance(data, dict | list):
        for part in data.values() if isinstance(data, dict) else data:
            yield from fragments(part)


async def written(text: str, root: Root) -> Any:
    result = await settled(
        EXECUTOR.execute(parse(text), root=root, context=FriendsLoader(), to_json=True)
    )
    assert result.errors is None
    return result.data


WHOLE = """{ shelves { entries {
    mark __typename missing { name } sender { name __typename }
    thing { made size owner { name code } critic { name } }
} } }"""


async def test_lists_whose_values_all_lie_in_the_rows_are_written_as_json() -> None:
    root = world(random.Random(5), 0.0)
    assert sum(len(shelf.entries) for shelf in root.shelves) > 1
    data = await written(WHOLE, root)
    assert len(list(fragments(data))) == len(root.shelves)
    # Who is loaded is no part of the row; whom it is loaded for has to be there to take it.
    loaded = await written(
        "{ shelves { named { name ... on Person { friends { name } } } } }", root
    )
    persons = [person for shelf in loaded["shelves"] for person in shelf["named"]]
    assert persons
    assert len(list(fragments(persons))) == len(persons)


async def test_what_lies_in_the_rows_around_a_loaded_value_is_written_at_once() -> None:
    root = world(random.Random(5), 0.0)
    text = """{ shelves { entries {
        mark sender { name }
        thing { size made owner { name code friends { name } } critic { name code } }
        __typename missing { name }
    } } }"""
    data = await written(text, root)
    entries = [entry for shelf in data["shelves"] for entry in shelf["entries"]]
    assert entries
    for entry in entries:
        # Keys that stand for themselves and those that follow them, and keys on the way to what is loaded.
        assert [*entry] == ["mark", "thing", "__typename"]
        assert [*entry["thing"]] == ["size", "owner", "critic"]
        assert [*entry["thing"]["owner"]] == ["name", "friends"]


async def test_loaded_objects_with_a_list_of_rows_are_written_as_json() -> None:
    root = world(random.Random(5), 0.0)

    async def circles(selected: str) -> list[Any]:
        data = await written(f"{{ shelves {{ maybe {{ circle {{ {selected} }} }} }} }}", root)
        return [person["circle"] for shelf in data["shelves"] for person in shelf["maybe"]]

    whole = await circles("__typename entries { thing { size } sender { name } }")
    assert {*map(type, whole)} == {Fragment}
    sized = await circles("entries { thing { size } } size")
    assert {tuple(circle) for circle in sized} == {("entries", "size")}


async def test_the_bytes_are_the_same_without_the_compiled_module(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    root = world(random.Random(5), 0.0)
    data = await written(WHOLE, root)
    monkeypatch.setattr(to_json, "Template", None)
    plain = await written(WHOLE, root)
    assert list(fragments(plain)) == []
    assert orjson.dumps(plain) == orjson.dumps(data)


class Inner(NamedTuple):
    id: int
    name: str


class Middle(NamedTuple):
    size: int
    inner: Inner


class Outer(NamedTuple):
    middle: Middle


class Outers(NamedTuple):
    outers: Rows[Outer]


class LateLoader(Loader[int, str]):
    async def fetch(self, keys: list[int]) -> list[str]:
        return [f"of {key}" for key in keys]


@strawberry.type(name="Inner")
class InnerType:
    name: str
    is_type_of = InstancesOf(Inner, exact=("name",))

    @strawberry.field(graphql_type=str)
    @loaded("id")
    @staticmethod
    def late(info: strawberry.Info[LateLoader]) -> LateLoader:
        return info.context


@strawberry.type(name="Middle")
class MiddleType:
    size: int
    inner: InnerType
    is_type_of = InstancesOf(Middle, exact=("size",))


@strawberry.type(name="Outer")
class OuterType:
    middle: MiddleType
    is_type_of = InstancesOf(Outer, exact=())


@strawberry.type
class Query:
    outers: list[OuterType]


async def test_what_lies_in_a_record_of_a_record_is_read_from_there() -> None:
    layout = Layout(Outer, middle=Layout(Middle, inside=1, inner=Layout(Inner, inside=2)))
    rows = Rows(layout, [(None, (5, None, (1, "right")), (9, "wrong"))])
    executor = Executor(strawberry.Schema(query=Query)._schema)
    result = await settled(
        executor.execute(
            parse("{ outers { middle { size inner { name alias: name late } } } }"),
            root=Outers(rows),
            context=LateLoader(),
            to_json=True,
        )
    )
    assert result.errors is None
    assert orjson.loads(orjson.dumps(result.data)) == {
        "outers": [
            {"middle": {"size": 5, "inner": {"name": "right", "alias": "right", "late": "of 1"}}}
        ]
    }
