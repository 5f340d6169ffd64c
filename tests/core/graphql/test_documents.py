"""Documents are parsed once, found by text and by hash, and bounded in number and memory."""

from __future__ import annotations

import asyncio
import gc
import tracemalloc
from hashlib import sha256
from itertools import pairwise
from typing import Any

import orjson
import pytest
from graphql import build_schema
from hypothesis import given
from hypothesis import strategies as st

from core.config.schema import graphql_schema
from core.errors import ClientError
from core.graphql.document import Document
from core.graphql.document_store import DocumentStore
from core.graphql.limits.limits import Limits
from tests.core.graphql.server import RunningServer, refused
from tests.live.world import operation

SCHEMA = build_schema("type Query { a(x: Int): Query s: String }")
HELLO = "{ hello }"


def store(count_at_most: int = 1_000, bytes_at_most: int = 10_000_000) -> DocumentStore:
    return DocumentStore(SCHEMA, Limits(), count_at_most=count_at_most, bytes_at_most=bytes_at_most)


def digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def register(documents: DocumentStore, text: str) -> Document:
    """The document, as if a client had sent its hash with it."""
    return asyncio.run(documents.of_request(text, f"sha256:{digest(text)}"))


def persisted(text: str, **other: Any) -> dict[str, Any]:
    return {"persistedQuery": {"version": 1, "sha256Hash": digest(text), **other}}


def test_a_document_is_parsed_once() -> None:
    documents = store()
    good, bad = documents.by_text("{ s }"), documents.by_text("{ x }")
    assert good.operation(None).kind == "query"
    assert documents.by_text("{ s }") is good
    assert bad.errors
    assert documents.by_text("{ x }") is bad


async def test_new_documents_wait_for_others_only_so_long() -> None:
    documents = DocumentStore(SCHEMA, Limits(), parse_seconds=0.05)
    known = documents.by_text("{ s }")
    new = [
        asyncio.create_task(documents.of_request(f"# {n}\n{{ {'s ' * 900} }}", None))
        for n in range(200)
    ]
    await asyncio.sleep(0)
    assert await documents.of_request("{ s }", None) is known
    outcomes = await asyncio.gather(*new, return_exceptions=True)
    parsed = [each for each in outcomes if isinstance(each, Document)]
    refused = [each for each in outcomes if isinstance(each, ClientError)]
    assert len(parsed) + len(refused) == len(new)
    assert parsed
    assert {each.code for each in refused} == {"UNAVAILABLE"}
    assert not (await documents.of_request("{ s s }", None)).errors


def test_the_least_recently_used_document_is_evicted() -> None:
    documents = store(count_at_most=2)
    first, second = documents.by_text("{ s }"), documents.by_text("{ s s }")
    assert documents.by_text("{ s }") is first
    documents.by_text("{ s s s }")
    assert documents.by_text("{ s }") is first
    assert documents.by_text("{ s s }") is not second


@given(st.lists(st.integers(0, 40), max_size=60), st.integers(1, 5), st.integers(4_000, 60_000))
def test_the_store_is_bounded(sizes: list[int], count: int, size: int) -> None:
    documents = store(count_at_most=count, bytes_at_most=size)

    async def fill() -> None:
        for number in sizes:
            text = "{ " + "s " * number + "}"
            assert documents.by_text(text).text == text
            await documents.of_request(text, f"sha256:{digest(text)}")
            assert len(documents) <= count
            assert documents.weight <= size
            assert len(documents._by_identifier) <= count

    asyncio.run(fill())
    assert documents.weight == sum(each.weight for each in documents._documents._values.values())


def test_white_space_takes_no_room_of_other_documents() -> None:
    documents = DocumentStore(SCHEMA, Limits())
    known = documents.by_text("{ s }")
    for number in range(20):
        assert not documents.by_text("{ s }" + " " * (60_000 + number)).errors
    assert documents.by_text("{ s }") is known


@pytest.mark.parametrize(
    "text",
    [
        operation("PostDetail"),
        "{ a { " + "s " * 200 + "} }",
        "{ a { " + "a{s}" * 100 + "} }",
        "{ a { " + "b: s " * 50 + "} }",
        "{ s " + "#\n" * 990 + "}",
        "{ s " + " " * 60_000 + "}",
        "{ s " + " " * 60_000 + "#😀\n}",
        "{ s " + "," * 60_000 + "}",
    ],
)
def test_the_weight_of_a_document_is_about_its_memory(text: str) -> None:
    schema = graphql_schema if "fragment" in text else SCHEMA
    documents = DocumentStore(schema, Limits(merge_steps=100_000))
    gc.collect()
    tracemalloc.start()
    try:
        assert not documents.by_text(text + " ").errors
        gc.collect()
        taken, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert taken / 2 < documents.weight < 3 * taken


def test_a_document_too_large_to_cache_is_served() -> None:
    documents = store(bytes_at_most=1_000)
    assert not documents.by_text("{ s }").errors
    assert len(documents) == 0
    assert not register(documents, "{ s }").errors
    assert len(documents) == 0


def test_an_operation_without_fields_has_a_label() -> None:
    assert store().by_text("{ }").operation(None).label == "(no field)"


async def test_unknown_documents_are_parsed_one_in_a_turn() -> None:
    documents = store()
    known = documents.by_text("{ s }")
    requests = [
        asyncio.create_task(documents.of_request(f"{{ s{number}: s }}", None))
        for number in range(20)
    ]
    requests[7].cancel()
    sizes = [len(documents)]
    while not all(request.done() for request in requests):
        await asyncio.sleep(0)
        sizes.append(len(documents))
        assert await documents.of_request("{ s }", None) is known
        assert len(documents) == sizes[-1]  # The known document did not wait for others.
    assert max(after - before for before, after in pairwise(sizes)) == 1
    assert [request.cancelled() for request in requests] == [number == 7 for number in range(20)]


def test_root_fields_include_those_in_fragments() -> None:
    text = """
        { x: s ...A ... on Query { y: a { z: s } } }
        fragment A on Query { ...B } fragment B on Query { __typename }
    """
    assert store().by_text(text).operation(None).cost.root_fields == {"s", "a", "__typename"}


def test_a_hash_is_registered_with_its_document(server: RunningServer) -> None:
    message = refused(
        server.post(None, extensions=persisted("{ later }")), 400, "PERSISTED_QUERY_NOT_FOUND"
    )
    assert message == "PersistedQueryNotFound"
    plain = server.post(None, accept="application/json", extensions=persisted("{ later }"))
    refused(plain, 200, "PERSISTED_QUERY_NOT_FOUND")
    assert server.data("{ later }", extensions=persisted("{ later }")) == {"later": "later"}
    for response in (
        server.post(None, extensions=persisted("{ later }")),
        server.get(extensions=orjson.dumps(persisted("{ later }")).decode()),
    ):
        assert response.json() == {"data": {"later": "later"}}


def test_a_hash_of_another_document_is_rejected(server: RunningServer) -> None:
    for _ in range(2):
        response = server.post("{ hello }", extensions=persisted("{ viewer }"))
        refused(response, 400, "PERSISTED_QUERY_HASH_MISMATCH")
    server.data("{ viewer }", extensions=persisted("{ viewer }"))
    response = server.post("{ hello }", extensions=persisted("{ viewer }"))
    refused(response, 400, "PERSISTED_QUERY_HASH_MISMATCH")
    response = server.post(None, extensions=persisted("{ viewer }"))
    assert response.json() == {"data": {"viewer": None}}


def test_an_identifier_finds_what_was_registered_by_its_hash(server: RunningServer) -> None:
    text = "{ hello later }"
    registered = server.post(text, documentId=f"sha256:{digest(text)}")
    assert registered.json()["data"] == {"hello": "Hello world", "later": "later"}
    for identifier in (
        f"sha256:{digest(text)}",
        digest(text),
    ):  # Tools write hashes without a prefix.
        for response in (
            server.post(documentId=identifier),
            server.get(documentId=identifier),
            server.get(documentId=identifier, query="", operationName=""),
            server.post(documentId=identifier, extensions=persisted(text)),
            server.post(extensions=persisted(text), documentId=None),
        ):
            assert response.json() == registered.json()
    for unknown in (f"sha256:{'0' * 64}", "0" * 64, "known-to-nobody", "x-mine:1~a"):
        refused(server.post(documentId=unknown), 400, "PERSISTED_QUERY_NOT_FOUND")


def test_malformed_identifiers_are_rejected(server: RunningServer) -> None:
    wrongs: list[Any] = [
        5, ["x"], {"x": 1}, True, " ", "a b", "ä", "a\n", "x" * 201,
        f"sha256:{digest(HELLO).upper()}", "sha256:", "sha256:12", f"sha256:{digest(HELLO)}0",
    ]  # fmt: skip
    for wrong in wrongs:
        assert "documentId" in refused(server.post(documentId=wrong), 400, "BAD_REQUEST")
    other = persisted("{ viewer }")
    both = server.post(documentId=f"sha256:{digest(HELLO)}", extensions=other)
    assert "differ" in refused(both, 400, "BAD_REQUEST")
    # Only a hash shows that it belongs to the text.
    assert "both" in refused(server.post(HELLO, documentId="my-name"), 400, "BAD_REQUEST")
    mismatch = server.post(HELLO, documentId=f"sha256:{digest('{ viewer }')}")
    refused(mismatch, 400, "PERSISTED_QUERY_HASH_MISMATCH")


def test_an_invalid_document_is_not_registered(server: RunningServer) -> None:
    for _ in range(2):
        response = server.post("{ nothing }", extensions=persisted("{ nothing }"))
        refused(response, 400, "GRAPHQL_VALIDATION_FAILED")
        response = server.post(None, extensions=persisted("{ nothing }"))
        refused(response, 400, "PERSISTED_QUERY_NOT_FOUND")


def test_malformed_hashes_are_rejected(server: RunningServer) -> None:
    wrongs: list[dict[str, Any]] = [
        {"persistedQuery": 1},
        {"persistedQuery": {}},
        {"persistedQuery": {"version": 1}},
        {"persistedQuery": {"version": 1, "sha256Hash": 5}},
        {"persistedQuery": {"version": 1, "sha256Hash": "x" * 64}},
        persisted(HELLO, version=2),
        persisted(HELLO, sha256Hash=digest(HELLO).upper()),
        persisted(HELLO, sha256Hash=digest(HELLO) + "\n"),
    ]
    for wrong in wrongs:
        assert "sha256Hash" in refused(server.post(HELLO, extensions=wrong), 400, "BAD_REQUEST")
    assert server.data(HELLO, extensions={"persistedQuery": None}) == {"hello": "Hello world"}
