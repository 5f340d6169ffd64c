"""An error has the same code on every transport."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

import httpx
import pytest

from core.config.environment import environment
from core.database.database import Database
from core.graphql.codes import CODES
from tests.live.relay import relay
from tests.live.world import (
    TIMEOUT,
    Closed,
    SignedInUser,
    eventually,
    open_websocket,
    operation,
    serving,
    signed_in,
    websocket_client,
)

ASK = "{ publicFeed(first: 1) { edges { cursor } } }"
WATCH = 'subscription { postInteractions(postIds: ["UG9zdDox"]) { __typename cursor } }'
SIGN_IN = """
mutation($password: String!) {
  signIn(input: {login: "nobody_of_this_name", password: $password}) { errors { code } }
}
"""
UNAVAILABLE = {"code": "UNAVAILABLE", "retryAfterSeconds": CODES["UNAVAILABLE"].retry_after}
STREAM = "text/event-stream"
JSON = "application/json"
GRAPHQL_JSON = "application/graphql-response+json"


class Answer(NamedTuple):
    """The response of a transport: the first error's extensions, and the status, close code or headers beside them."""

    error: dict[str, Any]
    status: int
    retry_after: str | None = None

    @property
    def code(self) -> str:
        return str(self.error["code"])


async def by_http(
    address: str, query: str, *, accept: str = JSON, token: str | None = None, **variables: Any
) -> Answer:
    """The answer by POST: in JSON, or in a stream that ends."""
    headers = {"accept": accept, **({"authorization": token} if token else {})}
    sent = {"query": query, "variables": variables}
    async with httpx.AsyncClient(base_url=f"http://{address}", timeout=TIMEOUT) as client:
        answer = await client.post("/graphql/", json=sent, headers=headers)
    text = answer.text
    if answer.headers["content-type"].startswith(STREAM):
        [line] = [line for line in text.splitlines() if line.startswith("data: ")]
        text = line.removeprefix("data: ")
    error = json.loads(text)["errors"][0]["extensions"]
    return Answer(error, answer.status_code, answer.headers.get("retry-after"))


async def by_websocket(
    address: str, query: str, *, token: str | None = None, **variables: Any
) -> Answer:
    """The answer by WebSocket to an operation; `status` is 0."""
    async with websocket_client(address, token) as taken:
        await taken.subscribe("1", query, **variables)
        message = await taken.receive()
    errors = message["payload"] if message["type"] == "error" else message["payload"]["errors"]
    return Answer(errors[0]["extensions"], 0)


async def close_of(address: str, token: str) -> int:
    """The code with which the server closes a WebSocket that comes with the token."""
    async with open_websocket(address) as opened:
        await opened.send(type="connection_init", payload={"authorization": token})
        with pytest.raises(Closed) as closed:
            await opened.receive()
    return closed.value.code


@asynccontextmanager
async def person_of(database: Database, *, ended: bool = False) -> AsyncIterator[SignedInUser]:
    (user,) = await signed_in(database, 1)
    if ended:
        change = "UPDATE sessions SET revoked_at = now() WHERE id = $1 RETURNING id"
        await database.write(change, user.session_id)
    yield user


@pytest.mark.parametrize("kind", ["TOKEN_INVALID", "TOKEN_EXPIRED", "UNAUTHENTICATED"])
async def test_codes_of_invalid_tokens(address: str, database: Database, kind: str) -> None:
    tokens = {"TOKEN_INVALID": "Bearer x", "UNAUTHENTICATED": "Basic eDp5"}
    if kind == "TOKEN_EXPIRED":
        (user,) = await signed_in(database, 1, lasts=-10)
        tokens[kind] = user.authorization
    token = tokens[kind]
    for accept in (JSON, GRAPHQL_JSON, STREAM):
        for query in (ASK, WATCH) if accept == STREAM else (ASK,):
            answer = await by_http(address, query, accept=accept, token=token)
            assert (answer.code, answer.status) == (kind, 401)
    assert await close_of(address, token) == CODES[kind].close_code == 4403


async def test_code_of_an_ended_session(address: str, database: Database) -> None:
    async with person_of(database, ended=True) as user:
        answer = await by_http(address, WATCH, accept=STREAM, token=user.authorization)
        assert (answer.code, answer.status) == ("TOKEN_INVALID", 401)
        assert await close_of(address, user.authorization) == 4403


@pytest.mark.parametrize(
    ("query", "variables", "code", "status"),
    [
        ("{ a b", {}, "GRAPHQL_PARSE_FAILED", 400),
        ("{ nothing }", {}, "GRAPHQL_VALIDATION_FAILED", 400),
        ("query A { viewer { id } } query B { viewer { id } }", {}, "OPERATION_NOT_FOUND", 400),
        (
            "query($n: Int!) { publicFeed(first: $n) { edges { cursor } } }",
            {"n": "x"},
            "BAD_INPUT",
            400,
        ),
        (
            "query($n: Int) { publicFeed(first: $n) { edges { cursor } } }",
            {"n": json.loads("[" * 60 + "]" * 60)},
            "LIMIT_EXCEEDED",
            400,
        ),
        ("{ publicFeed(first: 1000) { edges { cursor } } }", {}, "BAD_PAGE", 200),
        ('{ publicFeed(first: 1, after: "x") { edges { cursor } } }', {}, "INVALID_CURSOR", 200),
        ("{ homeFeed { edges { cursor } } }", {}, "UNAUTHENTICATED", 200),
    ],
)
async def test_codes_of_invalid_operations(
    address: str, database: Database, query: str, variables: dict[str, Any], code: str, status: int
) -> None:
    for accept, expected in ((GRAPHQL_JSON, status), (JSON, 200), (STREAM, 200)):
        answer = await by_http(address, query, accept=accept, **variables)
        assert (answer.code, answer.status) == (code, expected)
    assert (await by_websocket(address, query, **variables)).code == code


@pytest.mark.parametrize(
    ("variables", "code"),
    [
        ({"postIds": ["UG9zdDox"], "after": "x\n\nevent: next\n\n"}, "INVALID_CURSOR"),
        ({"postIds": ["x"]}, "BAD_ID"),
        ({"postIds": []}, "BAD_INPUT"),
        ({"postIds": 7.5}, "BAD_INPUT"),
    ],
)
async def test_codes_of_invalid_subscriptions(
    address: str, database: Database, variables: dict[str, Any], code: str
) -> None:
    query = operation("PostInteractions")
    assert (await by_http(address, query, accept=STREAM, **variables)).code == code
    assert (await by_websocket(address, query, **variables)).code == code


async def test_code_of_a_throttled_sign_in(django_db_setup: None, database: Database) -> None:
    del django_db_setup
    with serving(sign_in_attempts=2) as address:
        headers = {"content-type": JSON}
        sent = {"query": SIGN_IN, "variables": {"password": "wrong password"}}

        async def throttled() -> bool:
            async with httpx.AsyncClient(base_url=f"http://{address}", timeout=TIMEOUT) as client:
                answer = await client.post("/graphql/", json=sent, headers=headers)
            return "errors" in answer.json()

        await eventually(throttled)
        for accept in (JSON, GRAPHQL_JSON, STREAM):
            answer = await by_http(address, SIGN_IN, accept=accept, password="wrong password")
            assert (answer.code, answer.status) == ("RATE_LIMITED", 429)
            assert 0 < answer.error["retryAfterSeconds"] <= 900
            assert answer.retry_after == str(answer.error["retryAfterSeconds"])
        answer = await by_websocket(address, SIGN_IN, password="wrong password")
        assert answer.code == "RATE_LIMITED"
        assert 0 < answer.error["retryAfterSeconds"] <= 900


async def test_code_of_an_unavailable_database(django_db_setup: None, database: Database) -> None:
    del django_db_setup
    (user,) = await signed_in(database, 1)
    with relay(environment().database_url) as way, serving(database_url=way.url) as address:
        async with websocket_client(address) as taken:
            way.cut()
            for query, accept, token in (
                (ASK, JSON, None),
                (ASK, GRAPHQL_JSON, None),
                (ASK, STREAM, None),
                (WATCH, STREAM, user.authorization),
            ):
                answer = await by_http(address, query, accept=accept, token=token)
                assert (answer.code, answer.status) == ("UNAVAILABLE", 503)
                assert answer.error["retryAfterSeconds"] == CODES["UNAVAILABLE"].retry_after
                assert answer.retry_after == str(CODES["UNAVAILABLE"].retry_after)
            # A stream that needs no admission begins with its ready event.
            answer = await by_http(address, WATCH, accept=STREAM)
            assert answer.error.items() >= UNAVAILABLE.items()
            for number, query in enumerate((ASK, WATCH)):
                await taken.subscribe(str(number), query)
                message = await taken.receive()
                if message["type"] == "error":
                    [error] = message["payload"]
                else:
                    [error] = message["payload"]["errors"]
                    assert (await taken.receive())["type"] == "complete"
                assert error["extensions"].items() >= UNAVAILABLE.items()
        assert await close_of(address, user.authorization) == CODES["UNAVAILABLE"].close_code
        way.open()

        async def is_back() -> bool:
            async with httpx.AsyncClient(base_url=f"http://{address}") as client:
                answer = await client.post("/graphql/", json={"query": ASK}, timeout=TIMEOUT)
            return answer.status_code == 200

        assert await eventually(is_back)


async def test_code_of_a_timeout(django_db_setup: None, database: Database) -> None:
    del django_db_setup
    with serving(request_seconds=0.3) as address:
        async with database.transaction() as transaction:
            await transaction.fetch("LOCK TABLE posts IN ACCESS EXCLUSIVE MODE")
            for accept, status in ((GRAPHQL_JSON, 503), (JSON, 200), (STREAM, 200)):
                answer = await by_http(address, ASK, accept=accept)
                assert (answer.code, answer.status) == ("TIMEOUT", status)
            assert (await by_websocket(address, ASK)).code == "TIMEOUT"
            await asyncio.sleep(0)


async def test_codes_of_unsupported_media_types(address: str, database: Database) -> None:
    for query in (ASK, WATCH):
        answer = await by_http(address, query, accept="text/csv")
        assert (answer.code, answer.status) == ("NOT_ACCEPTABLE", 406)
