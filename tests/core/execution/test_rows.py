"""Rows give the same results as the objects made of them."""

from __future__ import annotations

import asyncio
import random
from itertools import count
from typing import Any

import orjson
from graphql import execute, parse, validate
from hypothesis import given, note
from hypothesis import strategies as st
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from core.execution.schema.row_layout import Layout, Rows
from tests.core.execution.shelves import (
    ENTRY,
    EXECUTOR,
    PERSON,
    PERSON_FIELDS,
    SCHEMA,
    EntryRow,
    FriendsLoader,
    PersonRow,
    Root,
    persons,
    world,
)
from tests.core.execution.test_same_as_standard import WITHOUT_DEADLINE, plain, settled


@st.composite
def documents(draw: st.DrawFn) -> str:
    """A query for shelves. Names that might conflict get aliases."""
    numbers = count()

    def selected(of: str, depth: int) -> str:
        return " ".join(part(of, depth) for _ in range(draw(st.integers(1, 5))))

    def part(of: str, depth: int) -> str:
        name, below = draw(st.sampled_from(FIELDS[of]))
        if below and depth > 5:
            return f"a{next(numbers)}: __typename"
        skip = draw(st.sampled_from(("", "", " @skip(if: $yes)", " @include(if: $yes)")))
        inner = f" {{ {selected(below, depth + 1)} }}" if below else ""
        alias = f"a{next(numbers)}: " if below or "(" in name or draw(st.booleans()) else ""
        text = f"{name}{skip}{inner}" if name.startswith("...") else f"{alias}{name}{skip}{inner}"
        return draw(st.sampled_from((text, text, f"... on {of} {{ {text} }}")))

    return f"query ($yes: Boolean!) {{ __typename @skip(if: $yes) shelves {{ {selected('Shelf', 0)} }} }}"


FIELDS: dict[str, list[tuple[str, str]]] = {
    "Person": [
        *((name, "") for name in PERSON_FIELDS),
        *(("friends", "Person"), ("circle", "Circle")),
    ],
    "Circle": [("entries", "Entry"), ("size", ""), ("__typename", "")],
    "Named": [("name", ""), ("__typename", ""), ("... on Person", "Person")],
    "Thing": [
        *((name, "") for name in ("made", "size", "isNew", "shape")),
        *(("owner", "Person"), ("critic", "Person")),
    ],
    "Entry": [
        *(("mark", ""), ("position", ""), ("__typename", "")),
        *(("thing", "Thing"), ("sender", "Person"), ("missing", "Person")),
    ],
    "Shelf": [("entries", "Entry"), ("named", "Named"), ("maybe", "Person")],
}


async def all_three(text: str, root: Root, *, yes: bool = True) -> tuple[Any, Any, Any]:
    """The results of the standard executor, of the compiled one, and of the compiled one for orjson."""
    document = parse(text)
    assert validate(SCHEMA, document) == []
    variables = {"yes": yes}
    standard = execute(
        SCHEMA,
        document,
        root,
        FriendsLoader(),
        variables,
        executor_class=StrawberryGraphQLCoreExecutionContext,
    )
    compiled, written = (
        EXECUTOR.execute(
            document, root=root, context=FriendsLoader(), variables=variables, to_json=to_json
        )
        for to_json in (False, True)
    )
    return await settled(standard), await settled(compiled), await settled(written)


@WITHOUT_DEADLINE
@given(data=st.data(), seed=st.integers(0, 10_000), yes=st.booleans())
def test_rows_give_the_same_results_as_objects(data: st.DataObject, seed: int, yes: bool) -> None:
    text = data.draw(documents())
    root = world(random.Random(seed), data.draw(st.sampled_from((0.0, 0.05))))
    standard, compiled, written = asyncio.run(all_three(text, root, yes=yes))
    note(f"{text}\n{standard}\n{compiled}\n{written}")
    assert compiled.data == standard.data
    assert list(map(str, _keys(compiled.data))) == list(map(str, _keys(standard.data)))
    assert orjson.dumps(written.data) == orjson.dumps(standard.data)
    if "friends" not in text and "circle" not in text:
        expected = list(map(plain, standard.errors or ()))
        assert list(map(plain, compiled.errors or ())) == expected
        assert list(map(plain, written.errors or ())) == expected


def _keys(data: Any) -> list[Any]:
    """The keys of all objects, in their order."""
    if isinstance(data, dict):
        return [*data, *(key for value in data.values() for key in _keys(value))]
    return [key for item in data for key in _keys(item)] if isinstance(data, list) else []


def no_object(*_: Any) -> Any:
    raise AssertionError("an object was made of a row")


async def test_no_object_is_made_if_columns_suffice() -> None:
    text = """query { shelves { entries {
        mark __typename sender { name code } missing { name }
        thing { made size isNew owner { name joined friends { name } } critic { name joined } }
    } } }"""
    root = world(random.Random(5), 0.0)
    layout = Layout(EntryRow)
    layout.places, layout.make = ENTRY.places, no_object
    shelves = [
        shelf._replace(entries=Rows(layout, shelf.entries.rows, "shelf"))
        for shelf in root.shelves
        if isinstance(shelf.entries, Rows)
    ]
    assert sum(len(shelf.entries) for shelf in shelves) > 1
    compiled = await settled(
        EXECUTOR.execute(parse(text), root=Root(shelves), context=FriendsLoader())
    )
    assert compiled.errors is None
    assert compiled.data is not None
    things = [each["thing"] for shelf in compiled.data["shelves"] for each in shelf["entries"]]
    assert len(things) > 1
    assert {thing["isNew"] for thing in things} == {False}


def test_rows_are_a_list_of_objects() -> None:
    rows = Rows(PERSON, persons(3))
    assert len(rows) == 3
    assert list(rows) == rows == [PersonRow(*row) for row in persons(3)]
    assert rows[-1] == PersonRow(*persons(3)[-1])
    assert rows[:2] == list(rows)[:2]
    assert rows.value(1, "name") == rows[1].name
