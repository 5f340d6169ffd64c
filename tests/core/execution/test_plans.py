"""Which operations are executed from plans, and which plans are cached."""

from __future__ import annotations

import asyncio
import inspect
from typing import Any

import pytest
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

from core.execution.api import Executor, FellBack
from core.execution.plan.parsed_bytes import parsed_bytes
from core.execution.plan.plan import PlanOptions
from core.execution.plan.plan_cache import PLAN_BYTES, PlanCache, plans_of
from core.execution.strawberry_adapter import CompiledExecutionContext
from tests.core.execution.items import Item, Shared, made, run


async def test_an_event_is_the_root_of_a_subscription(executor: Executor, shared: Shared) -> None:
    document = parse("subscription { happened { key ten } }")
    for key in (1, 2):
        found: Any = executor.execute(document, context=shared, root=Item(key=key))
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
async def test_an_operation_without_a_plan_is_executed_by_graphql_core(
    text: str, reason: str | None, shared: Shared
) -> None:
    config = StrawberryConfig(enable_experimental_incremental_execution=True)
    executor = Executor(made(config=config)._schema)
    result = await run(executor, text, shared)
    assert getattr(result, "reason", None) == (None if reason in {"@defer", "@stream"} else reason)
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


def test_the_result_is_returned_at_once_if_nothing_is_awaitable(
    executor: Executor, shared: Shared
) -> None:
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
async def test_invalid_variables_are_refused_before_execution(
    sent: dict[str, Any], message: str, executor: Executor, shared: Shared
) -> None:
    text = "query Q($keys: [Int!]!, $skip: Boolean) { items(keys: $keys) { key } }"
    result = await run(executor, text, shared, variables=sent)
    assert result.data is None
    assert message in (result.errors or [])[0].message


def test_plans_are_cached_up_to_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.execution.plan.plan_cache.PLANS", 2)
    plans = plans_of(made()._schema)
    documents = [parse(f"{{ items(keys: [{key}]) {{ key }} }}") for key in range(4)]
    planned = [plans.of_document(document, None, PlanOptions()) for document in documents]
    assert plans.of_document(documents[3], None, PlanOptions()) is planned[3]
    assert plans.of_document(documents[0], None, PlanOptions()) is not planned[0]


def test_plans_keep_documents_of_a_bounded_size(monkeypatch: pytest.MonkeyPatch) -> None:
    small, large = parse("{ __typename }"), parse("{ __typename } #" + "x" * 60_000)
    limit = 2 * PLAN_BYTES + 2 * parsed_bytes(small)
    monkeypatch.setattr("core.execution.plan.plan_cache.MAX_BYTES", limit)
    plans = PlanCache(made()._schema)
    kept = []
    for document in (small, parse("{ __typename }"), large, parse("{ __typename }")):
        plans.of_document(document, None, PlanOptions())
        kept.append(len(plans._sources))
    assert kept == [1, 2, 0, 1]


def test_white_space_takes_no_room_of_other_plans() -> None:
    plans = PlanCache(made()._schema)
    document = parse("{ __typename }")
    planned = plans.of_document(document, None, PlanOptions())
    for _ in range(20):
        plans.of_document(parse("{ __typename }" + " " * 60_000), None, PlanOptions())
    assert plans.of_document(document, None, PlanOptions()) is planned


def test_a_document_of_many_operations_counts_once(monkeypatch: pytest.MonkeyPatch) -> None:
    document = parse(
        " ".join(f"query Q{number} {{ items(keys: [{number}]) {{ key }} }}" for number in range(32))
    )
    limit = parsed_bytes(document) + 32 * PLAN_BYTES
    monkeypatch.setattr("core.execution.plan.plan_cache.MAX_BYTES", limit)
    plans = PlanCache(made()._schema)
    planned = [plans.of_document(document, f"Q{number}", PlanOptions()) for number in range(32)]
    for number, found in enumerate(planned):
        assert plans.of_document(document, f"Q{number}", PlanOptions()) is found
    plans.of_document(parse("{ __typename }"), None, PlanOptions())
    assert len(plans._sources) == 1


async def test_both_entrances_share_the_plans_of_a_schema(
    shared: Shared, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.execution.plan.plan_cache.PLANS", 1)
    schema = made(execution_context_class=CompiledExecutionContext)
    executor = Executor(schema._schema)
    document = parse("{ items(keys: [1]) { key } }")
    plans = plans_of(schema._schema)
    planned = plans.of_document(document, None, PlanOptions())
    executor.execute(document, context=shared)
    assert plans.of_document(document, None, PlanOptions()) is planned
    await schema.execute("{ items(keys: [1]) { key } }", context_value=shared)
    assert plans.of_document(document, None, PlanOptions()) is not planned


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


async def test_a_selection_nested_too_deeply_for_json_is_refused(
    executor: Executor, shared: Shared
) -> None:
    links = [f"fragment F{link} on Item {{ itself {{ ...F{link + 1} }} }}" for link in range(250)]
    last = "fragment F250 on Item { key }"
    result = await run(executor, " ".join(("{ items(keys: [1]) { ...F0 } }", *links, last)), shared)
    assert "nested more than 200 levels" in (result.errors or [GraphQLError("none")])[0].message
