"""Caches may keep answers to anonymous queries as long as the server would, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from core.graphql.http.response_cache import ResponseCache
from tests.clock import Clock
from tests.core.graphql.server import GRAPHQL_JSON, RunningServer, graphql_server, refused

HELLO = "{ hello }"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def cached(clock: Clock) -> Iterator[RunningServer]:
    answers = ResponseCache(10.0, clock=clock)
    origins = ["https://app.example.org"]
    with graphql_server(
        response_cache=answers, uncached_fields=["viewer"], origins=origins
    ) as running:
        yield running


def query(server: RunningServer, text: str, **headers: str) -> httpx.Response:
    """The answer by QUERY (RFC 10008)."""
    sent = {"content-type": "application/json", "accept": GRAPHQL_JSON, **headers}
    return server.client.request("QUERY", "/graphql", json={"query": text}, headers=sent)


def test_an_anonymous_answer_may_be_kept(cached: RunningServer, clock: Clock) -> None:
    first = cached.get(query=HELLO)
    assert first.headers["cache-control"] == "public, max-age=10, must-revalidate"
    varies = {name for value in first.headers.get_list("vary") for name in value.split(", ")}
    assert varies == {"accept", "accept-encoding", "authorization", "graphql-cost", "origin"}
    clock.now += 3.5
    # Together not longer than the server itself would: the rest of the time, in whole seconds.
    assert "max-age=6," in cached.get(query=HELLO).headers["cache-control"]
    clock.now += 6
    assert "max-age=0," in cached.get(query=HELLO).headers["cache-control"]
    assert "max-age=0," in query(cached, HELLO).headers["cache-control"]


def test_a_client_that_has_the_answer_gets_304(cached: RunningServer, clock: Clock) -> None:
    first = cached.get(query="{ counted }")
    tag = first.headers["etag"]
    for sent in (tag, tag.removeprefix("W/"), f'"other", {tag}', "*"):
        for again in (
            cached.get({"if-none-match": sent}, query="{ counted }"),
            query(cached, "{ counted }", **{"if-none-match": sent}),
        ):
            assert (again.status_code, again.content) == (304, b"")
            assert again.headers["etag"] == tag
            assert again.headers["cache-control"].startswith("public, max-age=")
            assert "content-type" not in again.headers
    other = cached.get({"if-none-match": '"other"'}, query="{ counted }")
    assert (other.status_code, other.content) == (200, first.content)
    # The same bytes as another media type are another representation.
    json = cached.get({"accept": "application/json"}, query="{ counted }")
    assert (json.content, json.headers["etag"] == tag) == (first.content, False)
    clock.now += 10
    newer = cached.get({"if-none-match": tag}, query="{ counted }")
    assert (newer.status_code, newer.json()) == (200, {"data": {"counted": 2}})


@pytest.mark.parametrize(
    ("headers", "parameters"),
    [
        ({"authorization": "Bearer alice"}, {"query": HELLO}),
        ({}, {"query": "{ viewer }"}),
        ({}, {"query": "{ refused }"}),
        ({}, {"query": "{ nothing }"}),
        ({}, {"query": "{"}),
        ({}, {"documentId": "unknown"}),
        ({"accept": "text/event-stream"}, {"query": HELLO}),
        ({"graphql-cost": "report"}, {"query": HELLO}),
    ],
)
def test_no_other_answer_may_be_kept(
    cached: RunningServer, headers: dict[str, str], parameters: dict[str, str]
) -> None:
    for _ in range(2):
        answer = cached.get({**headers, "if-none-match": "*"}, **parameters)
        assert answer.status_code in {200, 400}
        expected = "private, no-store" if "authorization" in headers else "no-store"
        assert answer.headers["cache-control"] == expected
        assert "etag" not in answer.headers
        # What was kept before is not an answer to this request.
        cached.get(query=HELLO)


def test_a_post_may_not_be_kept(cached: RunningServer) -> None:
    for _ in range(2):
        answer = cached.post(HELLO, headers={"if-none-match": "*"})
        assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")


def test_query_is_a_safe_post(cached: RunningServer) -> None:
    assert query(cached, HELLO).json() == {"data": {"hello": "Hello world"}}
    message = refused(query(cached, "mutation { write }"), 422, "METHOD_NOT_ALLOWED")
    assert message == "Send mutations by POST."
    assert cached.calls.written == 0
    plain = cached.client.request("QUERY", "/graphql", content=b"{}")
    refused(plain, 415, "UNSUPPORTED_MEDIA_TYPE")
    preflight = {"origin": "https://app.example.org", "access-control-request-method": "QUERY"}
    allowed = cached.client.options("/graphql", headers=preflight).headers
    assert "QUERY" in allowed["access-control-allow-methods"]
