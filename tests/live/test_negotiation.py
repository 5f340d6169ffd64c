"""All clients use one URL; the Accept header selects the kind of response."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx
import pytest

from core.database.database import Database
from tests.core.graphql.test_negotiation import URQL
from tests.live.test_sse import ASK, streaming
from tests.live.world import TIMEOUT, operation, signed_in

WATCH = 'subscription { postInteractions(postIds: ["UG9zdDox"]) { __typename cursor } }'
DEFER = "multipart/mixed;deferSpec=20220824,application/json"
EMPTY: dict[str, Any] = {"data": {"publicFeed": {"edges": []}}}

pytestmark = pytest.mark.usefixtures("database")


async def asked(
    address: str, query: str, accept: str | list[str], *, method: str = "POST", **headers: str
) -> httpx.Response:
    """The answer to a query that a client of that Accept header sends."""
    several = [accept] if isinstance(accept, str) else accept
    sent = [*(("accept", each) for each in several), *headers.items()]
    options: dict[str, Any] = (
        {"params": {"query": query}} if method == "GET" else {"json": {"query": query}}
    )
    async with httpx.AsyncClient(base_url=f"http://{address}", timeout=TIMEOUT) as client:
        return await client.request(method, "/graphql/", headers=sent, **options)


def code(answer: httpx.Response) -> str:
    """The code of the answer's first error."""
    return str(answer.json()["errors"][0]["extensions"]["code"])


async def test_urqls_queries_are_answered_in_json_and_cached(address: str) -> None:
    answers = await asyncio.gather(*(asked(address, ASK, URQL) for _ in range(40)))
    for answer in answers:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("application/graphql-response+json")
        assert answer.json() == EMPTY
    assert "cached" in {answer.headers["x-execution"] for answer in answers}


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("accept", [URQL, "application/json, text/event-stream;q=0.1"])
async def test_a_subscription_with_urqls_header_is_a_stream(
    address: str, method: str, accept: str
) -> None:
    query = operation("PostInteractions")
    async with streaming(
        address, query, method=method, headers={"accept": accept}, postIds=["UG9zdDox"]
    ) as stream:
        assert stream.response.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert (await stream.event())["__typename"] == "SubscriptionReady"


async def test_an_invalid_document_is_answered_in_json_if_accepted(address: str) -> None:
    answer = await asked(address, "subscription {", URQL)
    assert (answer.status_code, code(answer)) == (400, "GRAPHQL_PARSE_FAILED")


@pytest.mark.parametrize(
    "accept",
    ["application/json", "*/*", "text/event-stream;q=0, */*", DEFER, ""],
)
async def test_a_subscription_without_a_stream_gets_the_transports(
    address: str, accept: str
) -> None:
    answer = await asked(address, WATCH, accept)
    assert (answer.status_code, code(answer)) == (400, "SUBSCRIPTION_NOT_SUPPORTED")
    message = answer.json()["errors"][0]["message"]
    assert "graphql-transport-ws" in message
    assert "Accept: text/event-stream" in message
    assert "Accept: multipart/mixed;subscriptionSpec=1.0" in message


@pytest.mark.parametrize("accept", ["text/event-stream;q=0", "multipart/mixed", "text/csv"])
async def test_only_accepted_types_are_sent(address: str, accept: str) -> None:
    for query in (ASK, WATCH):
        answer = await asked(address, query, accept)
        assert (answer.status_code, code(answer)) == (406, "NOT_ACCEPTABLE")


async def test_repeated_accept_headers_are_joined(address: str) -> None:
    refused = await asked(address, WATCH, ["text/event-stream;q=0", "application/json"])
    assert code(refused) == "SUBSCRIPTION_NOT_SUPPORTED"
    answer = await asked(address, ASK, ["text/event-stream", "application/json"])
    assert answer.json() == EMPTY


async def test_a_client_that_accepts_only_streams_gets_a_stream(address: str) -> None:
    for method in ("GET", "POST"):
        answer = await asked(address, ASK, "text/event-stream", method=method)
        assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
        next_event, complete, _ = answer.text.split("\n\n")
        assert next_event.startswith("event: next\ndata: ")
        assert json.loads(next_event.partition("data: ")[2]) == EMPTY
        assert complete == "event: complete\ndata:"


async def test_browsers_get_the_page(address: str) -> None:
    answer = await asked(address, "", "text/html, */*;q=0.8", method="GET")
    assert answer.headers["content-type"].startswith("text/html")


async def test_single_connection_mode_is_rejected_with_the_supported_mode(address: str) -> None:
    token = {"x-graphql-event-stream-token": "00000000-0000-4000-8000-000000000000"}
    requests = [("PUT", {}), ("GET", token), ("POST", token), ("DELETE", token)]
    async with httpx.AsyncClient(base_url=f"http://{address}", timeout=TIMEOUT) as client:
        for method, headers in requests:
            accept = {"accept": "text/event-stream"}
            answer = await client.request(method, "/graphql/", headers={**accept, **headers})
            assert answer.status_code in {400, 405}
            assert "distinct connections mode" in answer.json()["errors"][0]["message"]


@pytest.mark.parametrize("cursor", ["x\n\nevent: next\ndata: {}\n\n", "x\r\rid: 1", "x\0", "é", ""])
async def test_a_malformed_cursor_never_reaches_a_stream(address: str, cursor: str) -> None:
    query = operation("PostInteractions")
    async with streaming(address, query, postIds=["UG9zdDox"], after=cursor) as stream:
        received = await stream.next()
        assert received["data"]["errors"][0]["extensions"]["code"] == "INVALID_CURSOR"
        assert (await stream.next())["event"] == "complete"
        with pytest.raises(EOFError):
            await stream.next()


@pytest.mark.parametrize("last", ["x y", "\xe9", "x" * 20_000, 'x"{}'])
async def test_a_malformed_last_event_id_is_rejected(address: str, last: str) -> None:
    sent = {"query": WATCH}
    headers = [(b"accept", b"text/event-stream"), (b"last-event-id", last.encode("latin-1"))]
    async with httpx.AsyncClient(base_url=f"http://{address}", timeout=TIMEOUT) as client:
        answer = await client.post("/graphql/", json=sent, headers=headers)
    assert "INVALID_CURSOR" in answer.text
    assert answer.text.count("event: ") == 2
    assert "\nid:" not in answer.text


@pytest.mark.parametrize("transport", ["GET", "POST", "stream"])
async def test_an_empty_operation_name_means_none(
    address: str, database: Database, transport: str
) -> None:
    accept = "text/event-stream" if transport == "stream" else "application/json"
    sent = {"query": ASK, "operationName": ""}
    async with httpx.AsyncClient(base_url=f"http://{address}", timeout=TIMEOUT) as client:
        options: dict[str, Any] = {"params": sent} if transport == "GET" else {"json": sent}
        method = "GET" if transport == "GET" else "POST"
        answer = await client.request(method, "/graphql/", headers={"accept": accept}, **options)
    assert '{"data":{"publicFeed":{"edges":[]}}}' in answer.text


async def test_an_event_source_sends_the_token_in_the_url(address: str, database: Database) -> None:
    (user,) = await signed_in(database, 1)
    token = user.authorization.removeprefix("Bearer ")
    query = {"query": "{ viewer { id } }", "access_token": token}
    async with httpx.AsyncClient(base_url=f"http://{address}", timeout=TIMEOUT) as client:
        answer = await client.get(
            "/graphql/", params=query, headers={"accept": "text/event-stream"}
        )
    assert user.id in answer.text
