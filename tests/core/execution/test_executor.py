"""How operations are executed from plans."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Generator
from copy import copy
from enum import StrEnum
from typing import Any, cast

import pytest
import strawberry
from graphql import parse
from strawberry.types.fields.resolver import StrawberryResolver

from core.execution.api import Executor
from tests.core.execution.items import SEEN, Shared, run


async def test_a_loader_is_chosen_once_and_gets_all_keys_of_a_level_at_once(
    executor: Executor, shared: Shared
) -> None:
    text = "{ items(keys: [1, 2, 1]) { key ten items { ten } } }"
    result = await run(executor, text, shared)
    assert result.errors is None
    assert [item["ten"] for item in (result.data or {})["items"]] == [10, 20, 10]
    # Nothing has to be waited for between the two levels, so that they share a batch.
    assert shared.numbers.fetched == [[1, 2, 3, 4]]
    assert shared.chosen == 2


async def test_fields_at_the_same_depth_share_a_batch_of_their_loader(
    executor: Executor, shared: Shared
) -> None:
    text = "{ items(keys: [1, 2]) { ten tens other: tens(more: true) } }"
    result = await run(executor, text, shared)
    assert result.data == {
        "items": [{"ten": 10, "tens": 10, "other": 10}, {"ten": 20, "tens": 20, "other": 20}]
    }
    assert shared.numbers.fetched == [[1, 2]]
    assert shared.more.fetched == [[1, 2]]


async def test_a_key_that_fails_is_an_error_at_each_of_its_places(
    executor: Executor, shared: Shared
) -> None:
    result = await run(executor, "{ items(keys: [13, 1, 13]) { ten } }", shared)
    assert result.data == {"items": [{"ten": None}, {"ten": 10}, {"ten": None}]}
    assert [error.path for error in result.errors or ()] == [
        ["items", 0, "ten"],
        ["items", 2, "ten"],
    ]


async def test_scopes_that_resolvers_enter_before_they_wait_hold_for_them_alone(
    executor: Executor, shared: Shared
) -> None:
    text = """{ a: slow(seconds: 5) b: marked(mark: "b") c: marked(mark: "c") d: grouped }"""
    result = await run(executor, text, shared)
    assert result.data == {"a": "slow", "b": "b", "c": "c", "d": 3}
    assert SEEN.get() == "nothing"
    late = await run(executor, "{ slow(seconds: 0.001) }", shared)
    assert late.data is None
    assert isinstance((late.errors or [])[0].original_error, TimeoutError)


async def test_cancelling_an_execution_cancels_its_resolvers(
    executor: Executor, shared: Shared
) -> None:
    task = asyncio.ensure_future(run(executor, "{ stuck }", shared))
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert shared.log == ["let go"]


async def test_values_hidden_by_a_null_are_not_awaited(executor: Executor, shared: Shared) -> None:
    result = await asyncio.wait_for(run(executor, "{ stuck refused }", shared), 20)
    assert result.data is None
    assert [error.message for error in result.errors or ()] == ["refused"]
    assert shared.log == ["let go"]


async def test_mutations_run_one_after_the_other_and_none_after_the_answer_is_null(
    executor: Executor, shared: Shared
) -> None:
    text = """mutation { a: note(text: "a") b: note(text: "bad") c: note(text: "c") }"""
    result = await run(executor, text, shared)
    assert result.data is None
    assert [error.path for error in result.errors or ()] == [["b"]]
    assert shared.log == ["begin a", "end a", "begin bad", "end bad"]


async def test_info_has_the_path_and_the_selected_fields(
    executor: Executor, shared: Shared
) -> None:
    text = "{ found: items(keys: [1, 2]) { items { at: where } selected } }"
    result = await run(executor, text, shared)
    assert result.data == {
        "found": [
            {
                "items": [{"at": f"found.{outer}.items.{inner}.at"} for inner in range(2)],
                "selected": ["selected"],
            }
            for outer in range(2)
        ]
    }


async def test_fields_of_info_can_be_replaced_as_in_a_named_tuple(shared: Shared) -> None:
    @strawberry.type
    class Renaming:
        @strawberry.field
        def renamed(self, info: strawberry.Info[Shared, None]) -> list[str]:
            renamed = info._raw_info._replace(field_name="other")
            return [renamed.field_name, renamed.parent_type.name, str(renamed.path.as_list())]

    executor = Executor(strawberry.Schema(Renaming)._schema)
    result = await run(executor, "{ renamed }", shared)
    assert result.data == {"renamed": ["other", "Renaming", "['renamed']"]}


class Late:
    """An awaitable that need not be awaited."""

    def __await__(self) -> Generator[Any, Any, str]:
        yield from ()
        return "late"


class Loud(StrawberryResolver[str]):
    def __call__(self, *arguments: Any, **named: Any) -> str:
        return f"{super().__call__(*arguments, **named)}!"


@strawberry.type
class Unusual:
    loud: str = strawberry.field(resolver=Loud(lambda: "hi"))  # type: ignore[arg-type]  # a resolver

    @strawberry.field
    async def unawaited(self) -> int | None:
        return Late()  # type: ignore[return-value]  # the mistake that is tested

    @strawberry.field
    async def awaited_items(self) -> list[str]:
        return [Late(), Late()]  # type: ignore[list-item]  # executors wait for items

    @strawberry.field
    def renamed(self, info: strawberry.Info) -> str:
        raw = info._raw_info
        assert raw[0] == raw._asdict()["field_name"] == next(iter(raw)) == info.field_name
        assert len(raw) == len(raw._fields)
        assert tuple(copy(raw)) == tuple(raw)
        return raw._replace(field_name="other").field_name


@pytest.mark.parametrize("enabled", [True, False])
async def test_unusual_resolvers_give_the_same_under_both_executors(enabled: bool) -> None:
    executor = Executor(strawberry.Schema(Unusual)._schema, enabled=enabled)
    result: Any = await cast(
        "Awaitable[Any]", executor.execute(parse("{ loud unawaited awaitedItems renamed }"))
    )
    assert result.data == {
        "loud": "hi!",
        "unawaited": None,
        "awaitedItems": ["late", "late"],
        "renamed": "other",
    }
    (error,) = result.errors
    assert error.path == ["unawaited"]
    assert "Int cannot represent" in error.message


class Names(StrEnum):
    LEAF = "Leaf"


@strawberry.interface
class Plant:
    name: str

    @classmethod
    def resolve_type(cls, *_: Any) -> str:
        return Names.LEAF


@strawberry.type
class Leaf(Plant):
    pass


@strawberry.type
class Garden:
    @strawberry.field
    def plants(self) -> list[Plant]:
        return [Leaf(name="a"), Leaf(name="b")]


def test_names_of_types_may_be_of_a_class_of_text() -> None:
    executor = Executor(strawberry.Schema(Garden, types=[Leaf])._schema)
    result: Any = executor.execute(parse("{ plants { __typename name } }"))
    assert result.errors is None
    assert [plant["__typename"] for plant in result.data["plants"]] == ["Leaf", "Leaf"]


async def test_a_future_of_a_hidden_field_is_left_to_its_owner() -> None:
    future: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    @strawberry.type
    class Waiting:
        @strawberry.field(graphql_type=str | None)
        def shared(self) -> Any:
            return future

        @strawberry.field
        async def needed(self) -> str:
            raise ValueError

    executor = Executor(strawberry.Schema(Waiting)._schema)
    result = await run(executor, "{ shared needed }", Shared())
    assert result.data is None
    assert not future.done()
    future.set_result("for its owner")
