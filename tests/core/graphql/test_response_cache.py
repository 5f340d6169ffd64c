"""Responses to anonymous queries are cached, and concurrent requests share one execution."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from weakref import ref

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.graphql.document_store import DocumentStore
from core.graphql.http.operations import ExecutedOperation
from core.graphql.http.response_cache import (
    ENTRY_OVERHEAD_BYTES,
    MAX_REQUEST_BODIES,
    MAX_REQUEST_BODY_LENGTH,
    ResponseCache,
    response_key,
)
from core.graphql.limits.limits import Limits
from tests.clock import Clock
from tests.core.graphql.server import GRAPHQL_JSON, GRAPHQL_SCHEMA, RunningServer, graphql_server


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def cached(clock: Clock) -> Iterator[RunningServer]:
    answers = ResponseCache(1.0, clock=clock)
    with graphql_server(response_cache=answers, uncached_fields=["viewer"]) as running:
        yield running


def test_a_response_is_cached_until_it_expires(cached: RunningServer, clock: Clock) -> None:
    assert cached.data("{ counted }") == {"counted": 1}
    assert cached.data("{ counted }") == {"counted": 1}
    clock.now += 0.99
    assert cached.data("{ counted }") == {"counted": 1}
    clock.now += 0.01
    assert cached.data("{ counted }") == {"counted": 2}


def test_all_media_types_and_methods_share_an_entry(cached: RunningServer) -> None:
    first = cached.post("{ counted }", accept="application/json")
    second = cached.post("{ counted }", accept=GRAPHQL_JSON)
    third = cached.get(query="{ counted }")
    assert first.content == second.content == third.content
    assert first.headers["content-type"] == "application/json; charset=utf-8"
    assert second.headers["content-type"] == f"{GRAPHQL_JSON}; charset=utf-8"


def test_the_key_depends_on_operation_and_variables(cached: RunningServer) -> None:
    query = """
        query A($n: Int = 0, $o: Boolean = true) { counted(atLeast: $n) @include(if: $o) }
        query B { counted }
    """
    seen = [
        cached.data(query, variables, operationName=name)["counted"]
        for name, variables in [
            ("A", None),
            ("A", {"n": 5}),
            ("A", {"n": 6}),
            ("A", {"n": 5, "o": True}),
            ("A", {"o": True, "n": 5}),
            ("B", None),
            ("A", {"n": 5}),
            ("A", {}),
        ]
    ]
    assert seen == [1, 5, 6, 7, 7, 8, 5, 1]


def test_keys_have_a_fixed_size() -> None:
    answers = ResponseCache(60)
    with graphql_server(response_cache=answers) as server:
        ids = ["x" * 100] * 1_000
        assert server.data("query($i: [ID!]!) { items(ids: $i) }", {"i": ids}) == {"items": 1_000}
    [key] = answers._entries
    assert isinstance(key, tuple)
    assert len(key[1]) == 32


def test_a_repeated_request_body_is_not_parsed_again(clock: Clock) -> None:
    answers = ResponseCache(1.0, clock=clock)
    body = b'{"query": "{ counted }", "variables": {}}'
    with graphql_server(response_cache=answers) as server:

        def ask(content: bytes) -> int:
            return int(server.post_bytes(content).json()["data"]["counted"])

        assert answers.key_of_request(body) is None
        assert ask(body) == 1
        assert answers.find(answers.key_of_request(body)) == b'{"data":{"counted":1}}'
        assert ask(body) == ask(body + b" ") == 1
        clock.now += 1.0
        assert answers.find(answers.key_of_request(body)) is None
        assert ask(body) == ask(body) == 2


def test_remembered_request_bodies_are_bounded() -> None:
    answers = ResponseCache(1.0)
    operation = DocumentStore(GRAPHQL_SCHEMA, Limits()).by_text("{ counted }").operation(None)
    key = response_key(operation, {})
    for number in range(MAX_REQUEST_BODIES + 5):
        answers.remember_request(b"%d" % number, key)
    answers.remember_request(b"x" * (MAX_REQUEST_BODY_LENGTH + 1), key)
    assert len(answers._keys_by_request) == MAX_REQUEST_BODIES
    assert answers._keys_by_request.get(b"0") is None


def test_a_remembered_request_keeps_no_document(clock: Clock) -> None:
    answers = ResponseCache(1.0, clock=clock)
    documents = DocumentStore(GRAPHQL_SCHEMA, Limits(), count_at_most=1)
    body, other = b'{"query": "{ counted }"}', b'{"query": "{ __typename }"}'
    operation = ref(documents.by_text("{ counted }").operation(None))
    with graphql_server(response_cache=answers, documents=documents) as server:
        assert server.post_bytes(body).json() == {"data": {"counted": 1}}
        assert answers.key_of_request(body) is not None
        assert operation() is not None
        assert server.post_bytes(other).json() == {"data": {"__typename": "Query"}}
        gc.collect()
        assert operation() is None
        assert server.post_bytes(body).json() == {"data": {"counted": 2}}


def test_requests_with_a_token_are_not_cached(cached: RunningServer) -> None:
    cached.data("{ counted }")
    ann = {"authorization": "Bearer ann"}
    assert cached.data("{ counted viewer }", headers=ann) == {"counted": 2, "viewer": "ann"}
    assert cached.data("{ counted }", headers=ann) == {"counted": 3}
    assert cached.data("{ counted }", headers=ann) == {"counted": 4}
    assert cached.data("{ counted }") == {"counted": 1}


def test_uncached_fields_are_not_cached(cached: RunningServer) -> None:
    query = "{ counted ...V } fragment V on Query { v: viewer }"
    assert cached.data(query) == {"counted": 1, "v": None}
    assert cached.data(query) == {"counted": 2, "v": None}


def test_mutations_are_not_cached(cached: RunningServer) -> None:
    assert cached.data("mutation { write }") == {"write": 1}
    assert cached.data("mutation { write }") == {"write": 2}


def test_errors_are_not_cached(cached: RunningServer) -> None:
    for count in (1, 2):
        assert cached.post("{ counted broken }").json()["data"]["counted"] == count
    for count in (3, 4):
        assert cached.post("{ counted refused }").json()["data"]["counted"] == count


def test_concurrent_requests_share_one_execution(cached: RunningServer) -> None:
    with ThreadPoolExecutor(20) as clients:
        waiting = [clients.submit(cached.data, "{ held }") for _ in range(20)]
        while cached.calls.counted == 0:
            pass
        cached.data("{ hello }")
        cached.let_go()
        answers = [each.result(timeout=20) for each in waiting]
    assert answers == [{"held": 1}] * 20


def test_nothing_is_cached_by_default(server: RunningServer) -> None:
    first = server.data("{ counted }")["counted"]
    assert server.data("{ counted }") == {"counted": first + 1}


def test_headers_are_added_to_cached_responses() -> None:
    seen: list[ExecutedOperation] = []

    def headers_for(answered: ExecutedOperation) -> list[tuple[bytes, bytes]]:
        seen.append(answered)
        return [(b"x-execution", b"cached" if answered.result is None else b"made")]

    with graphql_server(response_cache=ResponseCache(60), headers_for=headers_for) as server:
        responses = [server.post("query Q($n: Int) { counted(atLeast: $n) }") for _ in range(2)]
        assert [each.headers["x-execution"] for each in responses] == ["made", "cached"]
        assert [each.json() for each in responses] == [{"data": {"counted": 1}}] * 2
        assert [each.operation.name for each in seen] == ["Q", "Q"]


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 3_000), st.integers(0, 3))))
def test_memory_is_bounded(steps: list[tuple[int, int, int]]) -> None:
    clock = Clock()
    cache = ResponseCache(5, bytes_at_most=6_000, clock=clock)

    async def run() -> None:
        for key, size, passed in steps:
            clock.now += passed
            body = b"x" * size

            async def make(made: bytes = body) -> tuple[bytes, bytes]:
                return made, made

            assert await cache.execute(key, make) == body
            assert cache.weight <= 6_000
            assert cache.find(key) in {None, body}
            assert (cache.find(key) is None) == (size + ENTRY_OVERHEAD_BYTES > 6_000)

    asyncio.run(run())
    kept = cache._entries.values()
    assert cache.weight == sum(len(body) + ENTRY_OVERHEAD_BYTES for _, body in kept)


async def test_a_failed_execution_is_not_shared() -> None:
    cache = ResponseCache(5)
    begun, end = asyncio.Event(), asyncio.Event()

    async def fail() -> tuple[bytes, bytes]:
        begun.set()
        await end.wait()
        raise RuntimeError("broken")

    leader = asyncio.create_task(cache.execute("key", fail))
    await begun.wait()
    follower = asyncio.create_task(cache.pending("key"))
    await asyncio.sleep(0)
    end.set()
    with pytest.raises(RuntimeError, match="broken"):
        await leader
    assert await follower is None
    assert await cache.pending("key") is None


async def test_a_cancelled_waiter_does_not_affect_the_others() -> None:
    cache = ResponseCache(5)
    begun, end = asyncio.Event(), asyncio.Event()

    async def make() -> tuple[str, bytes]:
        begun.set()
        await end.wait()
        return "made", b"made"

    leader = asyncio.create_task(cache.execute("key", make))
    await begun.wait()
    followers = [asyncio.create_task(cache.pending("key")) for _ in range(3)]
    await asyncio.sleep(0)
    followers[0].cancel()
    await asyncio.sleep(0)
    end.set()
    assert await leader == "made"
    assert await asyncio.gather(*followers[1:]) == [b"made", b"made"]
    assert cache.find("key") == b"made"


async def test_what_is_cleared_is_neither_served_nor_counted() -> None:
    cache = ResponseCache(5)

    async def make() -> tuple[str, bytes]:
        return "made", b"made"

    await cache.execute("key", make)
    assert cache.find("key") == b"made"
    cache.clear()
    assert (cache.find("key"), cache.seconds_left("key", b"made"), cache.weight) == (None, None, 0)


async def test_an_execution_from_before_a_clearing_is_not_cached_and_shared_with_nobody_later() -> (
    None
):
    """It may have read what was hidden since."""
    cache = ResponseCache(5)
    ends = {name: asyncio.Event() for name in ("old", "new")}

    async def make(name: str) -> tuple[str, bytes]:
        await ends[name].wait()
        return name, name.encode()

    old = asyncio.create_task(cache.execute("key", lambda: make("old")))
    await asyncio.sleep(0)
    cache.clear()
    assert await cache.pending("key") is None
    new = asyncio.create_task(cache.execute("key", lambda: make("new")))
    await asyncio.sleep(0)
    waiting = asyncio.create_task(cache.pending("key"))
    ends["old"].set()
    assert await old == "old"
    assert cache.find("key") is None
    ends["new"].set()
    assert (await new, await waiting, cache.find("key")) == ("new", b"new", b"new")
