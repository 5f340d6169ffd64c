"""What the executors promise beyond the answer."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncGenerator, Sequence
from contextvars import ContextVar
from typing import Any

import pytest
import strawberry
from graphql import (
    REMOVE,
    DocumentNode,
    ExecutionResult,
    FieldNode,
    GraphQLError,
    Visitor,
    execute,
    parse,
    visit,
)
from strawberry.extensions import SchemaExtension
from strawberry.schema.config import StrawberryConfig

from core.execution.context import CompiledExecutionContext
from core.execution.executor import Executor, FellBack
from core.execution.loading import Loader, loaded

SEEN: ContextVar[str] = ContextVar("SEEN", default="nothing")


class Numbers(Loader[int, int]):
    """Ten times the key; notes which keys it fetched."""

    def __init__(self) -> None:
        super().__init__()
        self.fetched: list[list[int]] = []

    async def fetch(self, keys: list[int]) -> Sequence[int | BaseException]:
        self.fetched.append(keys)
        await asyncio.sleep(0)
        return [KeyError(f"no {key}") if key == 13 else key * 10 for key in keys]


class Shared:
    def __init__(self) -> None:
        self.numbers = Numbers()
        self.more = Numbers()
        self.chosen = 0
        self.log: list[str] = []


@strawberry.type
class Item:
    key: int

    @strawberry.field(graphql_type=int | None)
    @loaded("key")
    @staticmethod
    def ten(info: strawberry.Info[Shared, None]) -> Numbers:
        info.context.chosen += 1
        return info.context.numbers

    @strawberry.field(graphql_type=int | None)
    @loaded("key")
    @staticmethod
    def tens(info: strawberry.Info[Shared, None], more: bool = False) -> Numbers:
        return info.context.more if more else info.context.numbers

    @strawberry.field
    def items(self) -> list[Item]:
        return [Item(key=self.key + 1), Item(key=self.key + 2)]

    @strawberry.field
    def itself(self) -> Item:
        return self

    @strawberry.field
    def where(self, info: strawberry.Info[Shared, None]) -> str:
        return ".".join(str(step) for step in info.path.as_list())

    @strawberry.field
    def selected(self, info: strawberry.Info[Shared, None]) -> list[str]:
        return [getattr(field, "name", "") for field in info.selected_fields]


@strawberry.type
class Query:
    @strawberry.field
    def items(self, keys: list[int]) -> list[Item]:
        return [Item(key=key) for key in keys]

    @strawberry.field
    async def patient(self, seconds: float) -> str:
        async with asyncio.timeout(seconds):
            mine = asyncio.current_task()
            await asyncio.sleep(0.02)
            assert asyncio.current_task() is mine
        return "patient"

    @strawberry.field
    async def grouped(self) -> int:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(asyncio.sleep(0, number)) for number in (1, 2)]
            await asyncio.sleep(0)
        return sum(task.result() for task in tasks)

    @strawberry.field
    async def marked(self, mark: str) -> str:
        SEEN.set(mark)
        await asyncio.sleep(0)
        return SEEN.get()

    @strawberry.field
    async def stuck(self, info: strawberry.Info[Shared, None]) -> str | None:
        try:
            never: asyncio.Future[str] = asyncio.get_running_loop().create_future()
            return await never
        finally:
            info.context.log.append("let go")

    @strawberry.field
    async def refused(self) -> str:
        await asyncio.sleep(0)
        raise ValueError("refused")


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def note(self, info: strawberry.Info[Shared, None], text: str) -> str:
        info.context.log.append(f"begin {text}")
        await asyncio.sleep(0)
        info.context.log.append(f"end {text}")
        if text == "bad":
            raise ValueError("bad")
        return text


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def happened(self) -> AsyncGenerator[Item, None]:
        yield Item(key=1)
        yield Item(key=2)


def made(**options: Any) -> strawberry.Schema:
    return strawberry.Schema(Query, Mutation, Subscription, **options)


@pytest.fixture
def shared() -> Shared:
    return Shared()


@pytest.fixture
def executor() -> Executor:
    return Executor(made()._schema)


async def run(executor: Executor, text: str, shared: Shared, **sent: Any) -> ExecutionResult:
    found: Any = executor.execute(parse(text), context=shared, **sent)
    result: ExecutionResult = await found if inspect.isawaitable(found) else found
    return result


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


async def test_a_key_that_fails_is_an_error_wherever_it_stands(
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
    text = """{ a: patient(seconds: 5) b: marked(mark: "b") c: marked(mark: "c") d: grouped }"""
    result = await run(executor, text, shared)
    assert result.data == {"a": "patient", "b": "b", "c": "c", "d": 3}
    assert SEEN.get() == "nothing"
    late = await run(executor, "{ patient(seconds: 0.001) }", shared)
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


async def test_what_a_null_hides_is_not_waited_for(executor: Executor, shared: Shared) -> None:
    result = await asyncio.wait_for(run(executor, "{ stuck refused }", shared), 5)
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


async def test_resolvers_are_told_where_they_are(executor: Executor, shared: Shared) -> None:
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


async def test_what_resolvers_are_told_can_be_replaced_as_in_a_named_tuple(shared: Shared) -> None:
    @strawberry.type
    class Asking:
        @strawberry.field
        def told(self, info: strawberry.Info[Shared, None]) -> list[str]:
            told = info._raw_info._replace(field_name="other")
            return [told.field_name, told.parent_type.name, str(told.path.as_list())]

    executor = Executor(strawberry.Schema(Asking)._schema)
    result = await run(executor, "{ told }", shared)
    assert result.data == {"told": ["other", "Asking", "['told']"]}


async def test_an_event_is_the_root_of_a_subscription(executor: Executor, shared: Shared) -> None:
    document = parse("subscription { happened { key ten } }")
    operation = executor.prepare(document)
    for key in (1, 2):
        found: Any = operation.execute(context=shared, root=Item(key=key))
        assert (await found).data == {"happened": {"key": key, "ten": key * 10}}
    assert executor.counters.compiled == 2
    assert not executor.counters.fallbacks


async def test_a_subscription_of_strawberry_executes_its_events_from_a_plan(
    shared: Shared,
) -> None:
    before = CompiledExecutionContext.counters.compiled
    schema = made(execution_context_class=CompiledExecutionContext)
    stream: Any = await schema.subscribe("subscription { happened { ten } }", context_value=shared)
    results = [result.data async for result in stream]
    assert results == [{"happened": {"ten": 10}}, {"happened": {"ten": 20}}]
    assert CompiledExecutionContext.counters.compiled == before + 2


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{ items(keys: [1]) { key ... @defer { ten } } }", "@defer"),
        ("{ items(keys: [1]) @stream(initialCount: 0) { key } }", "@stream"),
        ("query A { __typename } query B { __typename }", "no such operation"),
        ("fragment F on Item { key } { items(keys: [1]) { ...F } }", None),
    ],
)
async def test_what_has_no_plan_goes_the_usual_way_and_says_why(
    text: str, reason: str | None, shared: Shared
) -> None:
    config = StrawberryConfig(enable_experimental_incremental_execution=True)
    executor = Executor(made(config=config)._schema)
    operation = executor.prepare(parse(text))
    assert operation.fallback == reason
    await run(executor, text, shared)
    assert dict(executor.counters.fallbacks) == ({} if reason is None else {reason: 1})
    assert executor.counters.compiled == (reason is None)


async def test_a_setting_turns_plans_off(shared: Shared) -> None:
    executor = Executor(made()._schema, enabled=False)
    result = await run(executor, "{ items(keys: [1]) { ten } }", shared)
    assert result.data == {"items": [{"ten": 10}]}
    assert isinstance(result, FellBack)
    assert result.reason == "disabled"


async def test_extensions_with_a_resolve_hook_still_see_every_field(shared: Shared) -> None:
    class Counting(SchemaExtension):
        def resolve(self, _next: Any, root: Any, info: Any, *args: str, **kwargs: Any) -> Any:
            shared.log.append(info.field_name)
            return _next(root, info, *args, **kwargs)

    schema = made(execution_context_class=CompiledExecutionContext, extensions=[Counting])
    before = CompiledExecutionContext.counters.fallbacks["middleware"]
    result = await schema.execute("{ items(keys: [1]) { key } }", context_value=shared)
    assert result.data == {"items": [{"key": 1}]}
    assert shared.log == ["items", "key"]
    assert CompiledExecutionContext.counters.fallbacks["middleware"] == before + 1


def test_nothing_to_wait_for_is_answered_at_once(executor: Executor, shared: Shared) -> None:
    document = parse("{ items(keys: [1]) { key __typename } }")
    result = executor.execute(document, context=shared)
    assert isinstance(result, ExecutionResult)
    assert result.data == {"items": [{"key": 1, "__typename": "Item"}]}


def test_an_awaitable_result_may_be_awaited_in_a_loop_that_starts_later(
    executor: Executor, shared: Shared
) -> None:
    awaitable: Any = executor.execute(parse("{ items(keys: [1]) { ten } }"), context=shared)

    async def wait() -> ExecutionResult:
        result: ExecutionResult = await awaitable
        return result

    assert asyncio.run(wait()).data == {"items": [{"ten": 10}]}


@pytest.mark.parametrize(
    ("sent", "message"),
    [
        ({}, "Variable '$keys' has invalid value: Expected a value of non-null type"),
        ({"keys": [1, "x"]}, "Variable '$keys' has invalid value at [1]: Int cannot represent"),
        ({"keys": [1], "skip": 1}, "Variable '$skip' has invalid value: Boolean cannot"),
    ],
)
async def test_bad_variables_are_refused_before_anything_runs(
    sent: dict[str, Any], message: str, executor: Executor, shared: Shared
) -> None:
    text = "query Q($keys: [Int!]!, $skip: Boolean) { items(keys: $keys) { key } }"
    result = await run(executor, text, shared, variables=sent)
    assert result.data is None
    assert message in (result.errors or [])[0].message


async def test_plans_are_kept_up_to_a_limit(shared: Shared) -> None:
    executor = Executor(made()._schema, plans=2)
    documents = [parse(f"{{ items(keys: [{key}]) {{ key }} }}") for key in range(4)]
    operations = [executor.prepare(document) for document in documents]
    assert executor.prepare(documents[3]) is operations[3]
    assert executor.prepare(documents[0]) is not operations[0]
    assert len(executor) == 2


class WithoutTen(Visitor):
    def enter_field(self, node: FieldNode, *_: Any) -> Any:
        return REMOVE if node.name.value == "ten" else None


async def test_a_document_that_was_edited_gets_a_plan_of_its_own(shared: Shared) -> None:
    schema = made()._schema
    text = "{ items(keys: [1]) { key ten } }"

    async def keys(document: DocumentNode) -> list[str]:
        found: Any = execute(
            schema,
            document,
            context_value=shared,
            executor_class=CompiledExecutionContext,
            operation_extensions=None,
        )
        result = await found if inspect.isawaitable(found) else found
        return list(result.data["items"][0])

    assert await keys(parse(text)) == ["key", "ten"]
    assert await keys(visit(parse(text), WithoutTen())) == ["key"]
    assert await keys(parse(text)) == ["key", "ten"]


async def test_each_combination_of_conditions_has_its_branch(
    executor: Executor, shared: Shared
) -> None:
    text = """query Q($a: Boolean!, $b: Boolean = false) {
        items(keys: [1]) { key @include(if: $a) ten @skip(if: $b) } }"""
    for a in (True, False, True):
        for b in (True, False):
            result = await run(executor, text, shared, variables={"a": a, "b": b})
            expected = {**({"key": 1} if a else {}), **({} if b else {"ten": 10})}
            assert result.data == {"items": [expected]}


async def test_what_no_encoder_could_write_is_refused(executor: Executor, shared: Shared) -> None:
    links = [f"fragment F{link} on Item {{ itself {{ ...F{link + 1} }} }}" for link in range(250)]
    last = "fragment F250 on Item { key }"
    result = await run(executor, " ".join(("{ items(keys: [1]) { ...F0 } }", *links, last)), shared)
    assert "nested more than 200 levels" in (result.errors or [GraphQLError("none")])[0].message
