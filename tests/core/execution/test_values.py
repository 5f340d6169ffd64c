"""Values and exceptions that behave in unusual ways, under both executors."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from typing import Any

import pytest
from graphql import (
    GraphQLField,
    GraphQLInt,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLString,
    parse,
)

from core.execution.api import Executor
from tests.core.execution.test_same_as_standard import plain

either_executor = pytest.mark.parametrize("enabled", [True, False], ids=["compiled", "standard"])


async def run(schema: Any, text: str, *, enabled: bool = True, **sent: Any) -> Any:
    """The result of an operation."""
    found = Executor(schema, enabled=enabled).execute(parse(text), **sent)
    return await found if inspect.isawaitable(found) else found


class Stop(BaseException):
    """Neither a failure nor a cancellation."""


async def stops() -> str:
    await asyncio.sleep(0)
    raise Stop


class Held:
    """What a resolver holds while it waits."""

    def __init__(self) -> None:
        self.count = 0

    async def forever(self) -> str:
        self.count += 1
        try:
            return await asyncio.get_running_loop().create_future()  # type: ignore[no-any-return]  # it gives none
        finally:
            await asyncio.sleep(0)
            self.count -= 1


def schema_of(**fields: Any) -> GraphQLSchema:
    """A schema whose root has fields with these resolvers of text."""
    made = {
        name: GraphQLField(GraphQLString, resolve=lambda _, __, give=give: give())
        for name, give in fields.items()
    }
    return GraphQLSchema(GraphQLObjectType("Query", made))


@either_executor
@pytest.mark.parametrize("text", ["{ stops }", "{ stops late }", "{ late stops again: stops }"])
async def test_a_base_exception_is_raised_by_the_execution(text: str, enabled: bool) -> None:
    async def late() -> str:
        for _ in range(3):
            await asyncio.sleep(0)
        return "late"

    with pytest.raises(Stop):
        await run(schema_of(stops=stops, late=late), text, enabled=enabled)


@pytest.mark.parametrize("first", ["stops", "stopsAtOnce"])
async def test_a_base_exception_ends_everything_that_has_begun(first: str) -> None:
    async def stops_at_once() -> str:
        raise Stop

    held = Held()
    schema = schema_of(stops=stops, stopsAtOnce=stops_at_once, forever=held.forever)
    for text in (f"{{ forever {first} }}", f"{{ {first} forever }}"):
        with pytest.raises(Stop):
            await run(schema, text)
        assert held.count == 0


async def test_a_base_exception_of_a_synchronous_resolver_leaves_no_coroutine() -> None:
    def stops_at_once() -> str:
        raise Stop

    with pytest.raises(Stop):
        await run(schema_of(late=stops, stops=stops_at_once), "{ late stops }")


class Falsy(Exception):
    """An exception that counts as false."""

    def __len__(self) -> int:
        return 0


class Unspeakable(Exception):
    """An exception that can't be written as text."""

    def __str__(self) -> str:
        raise RuntimeError("no text")

    __repr__ = __str__


class Unaskable(Exception):
    """An exception whose attributes can't be read."""

    @property
    def message(self) -> str:
        raise RuntimeError("no message")

    @property
    def extensions(self) -> dict[str, Any]:
        raise RuntimeError("no extensions")


@either_executor
async def test_an_exception_that_counts_as_false_is_its_fields_error(enabled: bool) -> None:
    async def falsy() -> str:
        await asyncio.sleep(0)
        raise Falsy("falsy")

    schema = schema_of(falsy=falsy)
    result = await run(schema, "{ falsy again: falsy }", enabled=enabled)
    assert result.data == {"falsy": None, "again": None}
    assert [error.path for error in result.errors] == [["falsy"], ["again"]]


@pytest.mark.parametrize("kind", [Unspeakable, Unaskable])
async def test_an_exception_that_cannot_be_formatted_is_its_fields_error(
    kind: type[Exception],
) -> None:
    async def raised() -> str:
        raise kind

    def items() -> list[Any]:
        return ["a", kind(), raised()]

    def raises() -> Any:
        raise kind

    query = GraphQLObjectType(
        "Query",
        {
            "items": GraphQLField(GraphQLList(GraphQLString), resolve=lambda *_: items()),
            "raises": GraphQLField(GraphQLString, resolve=lambda *_: raises()),
            "raised": GraphQLField(GraphQLString, resolve=lambda *_: raised()),
            "fine": GraphQLField(GraphQLString, resolve=lambda *_: "fine"),
        },
    )
    result = await run(GraphQLSchema(query), "{ items raises raised fine }")
    assert result.data == {
        "items": ["a", None, None],
        "raises": None,
        "raised": None,
        "fine": "fine",
    }
    paths = [["items", 1], ["items", 2], ["raises"], ["raised"]]
    assert sorted(map(repr, (error.path for error in result.errors))) == sorted(map(repr, paths))
    assert {type(error.original_error) for error in result.errors} == {kind}
    assert all(kind.__name__ in error.message for error in result.errors)


class Shy:
    """A value without `repr` and without truth value."""

    def __repr__(self) -> str:
        raise RuntimeError("no repr")

    def __bool__(self) -> bool:
        raise RuntimeError("no bool")

    def __inspect__(self) -> str:
        raise RuntimeError("no inspect")


@either_executor
async def test_values_that_cannot_be_shown_are_errors_of_their_fields(enabled: bool) -> None:
    thing = GraphQLInterfaceType(
        "Thing",
        {"name": GraphQLField(GraphQLString)},
        resolve_type=lambda *_: 42,  # type: ignore[arg-type]  # the mistake that is tested
    )

    def checked(name: str, verdict: Any) -> GraphQLObjectType:
        fields = {"name": GraphQLField(GraphQLString)}
        return GraphQLObjectType(name, fields, [thing], is_type_of=lambda *_: verdict)

    types = [checked("No", False), checked("Shy", Shy())]
    query = GraphQLObjectType(
        "Query",
        {
            "thing": GraphQLField(GraphQLList(thing), resolve=lambda *_: [Shy(), Shy()]),
            "no": GraphQLField(GraphQLList(types[0]), resolve=lambda *_: [Shy()]),
            "shy": GraphQLField(types[1], resolve=lambda *_: Shy()),
            "text": GraphQLField(GraphQLString, resolve=lambda *_: Shy()),
        },
    )
    schema = GraphQLSchema(query, types=types)
    text = "{ thing { name } no { name } shy { name } text }"
    result = await run(schema, text, enabled=enabled)
    assert result.data == {"thing": [None, None], "no": [None], "shy": None, "text": None}
    assert len(result.errors) == 5


class Coming:
    """An awaitable whose result is another of its class, with a name."""

    def __init__(self, name: str, count: int = 1) -> None:
        self.name = name
        self.count = count

    def __await__(self) -> Generator[Any, Any, Coming]:
        yield from ()
        return Coming(f"{self.name}!", self.count + 1)


@either_executor
async def test_an_awaitable_object_is_awaited_once_in_each_execution(enabled: bool) -> None:
    named = GraphQLObjectType("Named", {"name": GraphQLField(GraphQLString)})
    query = GraphQLObjectType(
        "Query",
        {
            "one": GraphQLField(named, resolve=lambda *_: Coming("one")),
            "some": GraphQLField(GraphQLList(named), resolve=lambda *_: [Coming("a"), Coming("b")]),
        },
    )
    executor = Executor(GraphQLSchema(query), enabled=enabled)
    document = parse("{ one { name } some { name } }")
    for _ in range(3):
        result: Any = await executor.execute(document)
        assert result.data == {"one": {"name": "one!"}, "some": [{"name": "a!"}, {"name": "b!"}]}


class Both(list[int]):
    """A list that is an asynchronous iterable of other items."""

    async def __aiter__(self) -> AsyncIterator[int]:
        for item in (7, 8):
            yield item


class Broken(list[int]):
    """A list that can't be iterated."""

    def __iter__(self) -> Iterator[int]:
        raise RuntimeError("broken")


class Short(list[int]):
    """A list whose `len` is too large."""

    def __len__(self) -> int:
        return 5


class Pair(tuple[int, ...]):
    """A subclass of tuple."""

    __slots__ = ()


@either_executor
@pytest.mark.parametrize("beside", [[], [[5]]])
@pytest.mark.parametrize(
    ("given", "expected"),
    [(Both([1]), [7, 8]), (Broken([1]), None), (Short([1, 2]), [1, 2]), (Pair((1, 2)), [1, 2])],
)
async def test_lists_of_subclasses(
    given: Any, expected: Any, beside: list[Any], enabled: bool
) -> None:
    numbers = GraphQLList(GraphQLInt)
    query = GraphQLObjectType(
        "Query", {"lists": GraphQLField(GraphQLList(numbers), resolve=lambda *_: [given, *beside])}
    )
    result = await run(GraphQLSchema(query), "{ lists }", enabled=enabled)
    assert result.data == {"lists": [expected, *beside]}
    assert [error.path for error in result.errors or ()] == (
        [["lists", 0]] if expected is None else []
    )


async def test_each_resolver_gets_its_own_info() -> None:
    def path_of(_source: Any, info: Any) -> str:
        return ".".join(map(str, info.path.as_list()))

    def resolve(source: Any, info: Any) -> str:
        return path_of(source, info)

    item = GraphQLObjectType("Item", {"where": GraphQLField(GraphQLString, resolve=resolve)})
    query = GraphQLObjectType(
        "Query",
        {"items": GraphQLField(GraphQLList(GraphQLNonNull(item)), resolve=lambda *_: [1, 2, 3])},
    )
    standard, compiled = [
        await run(GraphQLSchema(query), "{ items { where } }", enabled=enabled)
        for enabled in (False, True)
    ]
    assert compiled.data == standard.data
    assert [found["where"] for found in compiled.data["items"]] == [
        f"items.{place}.where" for place in range(3)
    ]


async def refused_in_time(value: Any) -> bool:
    await asyncio.sleep(0)
    if value == "raises":
        raise ValueError("raises")
    return bool(value == "good")


async def both_lists(
    named: GraphQLInterfaceType, thing: GraphQLObjectType, values: Callable[[], Any]
) -> list[Any]:
    """What the standard and the compiled executor give for a list of the interface and one of its only type."""
    query = GraphQLObjectType(
        "Query",
        {
            name: GraphQLField(GraphQLList(of), resolve=lambda *_: values())
            for name, of in (("named", named), ("things", thing))
        },
    )
    schema = GraphQLSchema(query, types=[thing])
    return [
        await run(schema, "{ named { n } things { n } }", enabled=enabled)
        for enabled in (False, True)
    ]


@pytest.mark.parametrize("container", [list, tuple, iter])
async def test_awaited_types_give_the_same_under_both_executors(container: Any) -> None:
    async def type_of(value: Any, *_: Any) -> Any:
        await asyncio.sleep(0)
        if value == "lost":
            raise ValueError("lost")
        return {"odd": None, "unknown": "Nothing"}.get(value, "Thing")

    named = GraphQLInterfaceType("Named", {"n": GraphQLField(GraphQLInt)}, resolve_type=type_of)
    thing = GraphQLObjectType(
        "Thing",
        {"n": GraphQLField(GraphQLInt, resolve=lambda *_: 1)},
        interfaces=[named],
        is_type_of=lambda value, _: refused_in_time(value),
    )
    values = ["good", "bad", "raises", "lost", "odd", "unknown", ValueError("given"), None]
    standard, compiled = await both_lists(named, thing, lambda: container(values))
    assert compiled.data == standard.data
    assert set(map(plain, compiled.errors)) == set(map(plain, standard.errors))


class Verdict:
    """What a function of the schema may answer instead of true or false."""

    def __eq__(self, _other: object) -> bool:
        raise RuntimeError("compared")

    __hash__ = None  # type: ignore[assignment]  # never in a set


async def test_answers_of_unusual_types_are_as_the_standard_executor_takes_them() -> None:
    def type_of(value: Any, *_: Any) -> Any:
        if value == "raises":
            raise ValueError("raised")
        return {"error": ValueError("returned"), "number": 5}.get(value, "Thing")

    def is_thing(value: Any, _: Any) -> Any:
        return {"refused": ValueError("true"), "compared": Verdict()}.get(value, True)

    named = GraphQLInterfaceType("Named", {"n": GraphQLField(GraphQLInt)}, resolve_type=type_of)
    thing = GraphQLObjectType(
        "Thing",
        {"n": GraphQLField(GraphQLInt, resolve=lambda *_: 1)},
        interfaces=[named],
        is_type_of=is_thing,
    )
    values = ["good", "raises", "error", "number", "refused", "compared"]
    standard, compiled = await both_lists(named, thing, lambda: values)
    assert compiled.data == standard.data
    assert list(map(plain, compiled.errors)) == list(map(plain, standard.errors))
