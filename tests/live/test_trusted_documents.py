"""Documents by their identifiers on every transport, and servers that execute trusted ones only."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from hashlib import sha256
from typing import Any

import httpx
import pytest

from core.database.database import Database
from core.graphql import document_store
from core.ids import global_id
from tests.interactions.cast import create_posts
from tests.live.world import (
    TIMEOUT,
    open_websocket,
    operation,
    serving,
    signed_in,
    websocket_client,
)

FEED = operation("PublicFeed")
EVENTS = operation("PostInteractions")
MULTIPART = "multipart/mixed;subscriptionSpec=1.0, application/json"
GRAPHQL_JSON = "application/graphql-response+json"
UNTRUSTED = "query Other { publicFeed(first: 1) { edges { cursor } } }"
TRUST = "INSERT INTO trusted_documents (identifier, digest, text) VALUES ($1, $2, $3)"


def hashed(text: str) -> str:
    return f"sha256:{sha256(text.encode()).hexdigest()}"


@pytest.fixture(scope="module")
def strict(django_db_setup: None) -> Iterator[str]:
    """A server that executes trusted documents only."""
    with serving(trusted_documents_only=True, byte_cache_seconds=0) as address:
        yield address


@pytest.fixture
async def trusted(database: Database, monkeypatch: pytest.MonkeyPatch) -> Database:
    """The database with two trusted documents; processes look at once whether they still are."""
    monkeypatch.setattr(document_store, "TRUST_SECONDS", 0.0)
    for identifier, text in (("feed-1", FEED), (hashed(EVENTS), EVENTS)):
        await database.write(TRUST, identifier, hashed(text), text)
    return database


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(timeout=TIMEOUT, headers={"accept": GRAPHQL_JSON}) as client:
        yield client


def code(answer: dict[str, Any]) -> str:
    [error] = answer["errors"]
    return str(error["extensions"]["code"])


async def test_only_trusted_documents_are_executed(
    strict: str, trusted: Database, client: httpx.AsyncClient
) -> None:
    url = f"http://{strict}/graphql/"
    for sent in ({"documentId": "feed-1"}, {"documentId": hashed(FEED)}, {"query": FEED}):
        for _ in range(2):
            answer = (await client.post(url, json=sent)).json()
            assert "errors" not in answer
            assert answer["data"]["publicFeed"]["edges"] == []
    persisted = {"persistedQuery": {"version": 1, "sha256Hash": hashed(UNTRUSTED)[7:]}}
    for refused in (
        {"query": UNTRUSTED},
        {"query": "{ __schema { types { name } } }"},
        {"query": "{ not even GraphQL"},
        {"query": ""},
        {"query": UNTRUSTED, "extensions": persisted},
        {"extensions": persisted},
        {"documentId": hashed(UNTRUSTED)},
        {"documentId": "unknown"},
    ):
        for _ in range(2):
            response = await client.post(url, json=refused)
            assert (response.status_code, code(response.json())) == (403, "DOCUMENT_NOT_TRUSTED")
        legacy = await client.post(url, json=refused, headers={"accept": "application/json"})
        assert (legacy.status_code, code(legacy.json())) == (200, "DOCUMENT_NOT_TRUSTED")
    response = await client.get(url, params={"query": UNTRUSTED})
    assert code(response.json()) == "DOCUMENT_NOT_TRUSTED"


async def test_a_removed_document_is_refused(
    strict: str, trusted: Database, client: httpx.AsyncClient
) -> None:
    url = f"http://{strict}/graphql/"
    sent = ({"documentId": "feed-1"}, {"documentId": hashed(FEED)}, {"query": FEED})
    for each in sent:
        assert "data" in (await client.post(url, json=each)).json()
    await trusted.write("DELETE FROM trusted_documents WHERE identifier = 'feed-1'")
    for each in sent:
        assert code((await client.post(url, json=each)).json()) == "DOCUMENT_NOT_TRUSTED"
    # An identifier of its own may get another text.
    other = operation("Viewer")
    await trusted.write(TRUST, "feed-1", hashed(other), other)
    answer = (await client.post(url, json={"documentId": "feed-1"})).json()
    assert answer == {"data": {"viewer": None}}


async def test_a_trusted_document_that_no_longer_fits_says_so(
    strict: str, trusted: Database, client: httpx.AsyncClient
) -> None:
    old = "query Old { gone }"
    await trusted.write(TRUST, hashed(old), hashed(old), old)
    answer = (
        await client.post(f"http://{strict}/graphql/", json={"documentId": hashed(old)})
    ).json()
    assert code(answer) == "GRAPHQL_VALIDATION_FAILED"


async def test_streams_execute_trusted_documents_only(
    strict: str, trusted: Database, client: httpx.AsyncClient
) -> None:
    (author,) = await signed_in(trusted, 1)
    [post] = await create_posts(trusted, author.key)
    variables = {"postIds": [global_id("Post", post)]}
    known = {"documentId": hashed(EVENTS), "variables": variables}
    unknown = {"query": EVENTS + "\n", "variables": variables}
    for accept, method in (
        ("text/event-stream", "POST"),
        ("text/event-stream", "GET"),
        (MULTIPART, "POST"),
    ):
        for sent, expected in ((known, "SubscriptionReady"), (unknown, "DOCUMENT_NOT_TRUSTED")):
            options: dict[str, Any] = {"json": sent}
            if method == "GET":
                options = {"params": {**sent, "variables": json.dumps(variables)}}
            async with (
                asyncio.timeout(TIMEOUT),
                client.stream(
                    method, f"http://{strict}/graphql/", headers={"accept": accept}, **options
                ) as response,
            ):
                text = ""
                async for part in response.aiter_text():
                    text += part
                    if expected in text:
                        break
            assert expected in text


async def test_websockets_execute_trusted_documents_only(strict: str, trusted: Database) -> None:
    (author,) = await signed_in(trusted, 1)
    [post] = await create_posts(trusted, author.key)
    variables = {"postIds": [global_id("Post", post)]}
    async with websocket_client(strict, author.authorization) as socket:
        await socket.send(type="subscribe", id="1", payload={"query": UNTRUSTED})
        message = await socket.receive()
        assert (message["type"], message["id"]) == ("error", "1")
        assert message["payload"][0]["extensions"]["code"] == "DOCUMENT_NOT_TRUSTED"
        payload = {"documentId": hashed(EVENTS), "variables": variables}
        await socket.send(type="subscribe", id="2", payload=payload)
        assert (await socket.event())["__typename"] == "SubscriptionReady"
        await socket.send(type="subscribe", id="3", payload={"documentId": "feed-1"})
        answer = await socket.receive()
        assert answer["payload"]["data"]["publicFeed"]["edges"][0]["node"]


async def test_messages_stay_in_order_while_documents_are_looked_up(
    strict: str, trusted: Database
) -> None:
    (viewer,) = await signed_in(trusted, 1)
    feed = {"documentId": "feed-1"}
    async with open_websocket(strict) as socket:
        # All of them arrive before the session was looked up.
        await socket.send(type="connection_init", payload={"authorization": viewer.authorization})
        for _ in range(3):
            await socket.send(type="subscribe", id="1", payload=feed)
            await socket.send(type="complete", id="1")
        await socket.send(type="subscribe", id="2", payload=feed)
        assert await socket.receive() == {"type": "connection_ack"}
        while (message := await socket.receive())["id"] != "2":
            pass
        assert message["type"] == "next"
        assert await socket.receive() == {"type": "complete", "id": "2"}


async def test_a_hash_that_one_process_knows_all_know(
    django_db_setup: None, database: Database, client: httpx.AsyncClient
) -> None:
    text = "query Shared { publicFeed(first: 1) { pageInfo { hasNextPage } } }"
    persisted = {"persistedQuery": {"version": 1, "sha256Hash": hashed(text)[7:]}}
    with serving() as first, serving() as second:
        urls = [f"http://{address}/graphql/" for address in (first, second)]
        unknown = await client.post(urls[1], json={"extensions": persisted})
        assert code(unknown.json()) == "PERSISTED_QUERY_NOT_FOUND"
        sent = await client.post(urls[0], json={"query": text, "extensions": persisted})
        assert sent.status_code == 200
        for by in ({"extensions": persisted}, {"documentId": hashed(text)}):
            answer = await client.post(urls[1], json=by)
            assert answer.json() == sent.json()
        async with websocket_client(second) as socket:
            await socket.send(type="subscribe", id="1", payload={"extensions": persisted})
            assert (await socket.receive())["payload"] == sent.json()


async def test_trusted_documents_are_known_beside_others(
    trusted: Database, client: httpx.AsyncClient
) -> None:
    with serving(byte_cache_seconds=0) as address:
        url = f"http://{address}/graphql/"
        for _ in range(2):
            answer = (await client.post(url, json={"documentId": "feed-1"})).json()
            assert answer["data"]["publicFeed"]["edges"] == []
        assert "data" in (await client.post(url, json={"query": UNTRUSTED})).json()
        unknown = await client.post(url, json={"documentId": "unknown"})
        assert code(unknown.json()) == "PERSISTED_QUERY_NOT_FOUND"
