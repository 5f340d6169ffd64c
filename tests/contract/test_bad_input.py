"""Bad input in any place of an operation gets a clear error in bounded time and leaves the server healthy."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import AsyncIterator, Iterator
from http.client import HTTPConnection, HTTPMessage
from itertools import product
from time import process_time, time
from typing import Any, NamedTuple

import pytest
from graphql import (
    GraphQLInputObjectType,
    OperationDefinitionNode,
    get_named_type,
    parse,
    type_from_ast,
)

from core.accounts.tokens import AccessToken, AccessTokens
from core.config.environment import environment
from core.config.schema import graphql_schema
from core.database.database import Database
from core.ids import global_id
from tests.contract.test_reading_and_writing import WITH_THE_LIMITS
from tests.interactions.cast import assert_counts_are_exact
from tests.live.world import Api, SignedInUser, operation, signed_in
from tests.paths import OPERATIONS

MAX_SECONDS = 2
"""CPU time of this process, which includes the server, so that other load adds none."""
INTERNAL_DETAILS = re.compile(
    r"Traceback|asyncpg|psycopg|orjson|[Ss]trawberry|graphql[-_.]core|\.py\b|SELECT |INSERT |UPDATE "
    r"|constraint|relation \"|[Ee]xception|Error\(|object at 0x|SQLSTATE"
)
AT_ONCE = 8
"""Requests of a client that the server has at a time."""
Body = dict[str, Any] | str
CLIENT_ERROR_CODES = re.compile(r"(?!INTERNAL|UNAVAILABLE|TIMEOUT)[A-Z_]+")


def id_like(text: str) -> str:
    return b64encode(text.encode()).decode()


HOSTILE: list[Any] = [
    None,
    0,
    2**31,
    2**63,
    1.5,
    "",
    "a\0b",
    "\u202e\ufeff",
    "e\u0301" * 500,
    "x" * 501,
    "x" * 10_000,
    "👍" * 40_000,
    "a" + "\u0315\u0300" * 30_000,
    "'; DROP TABLE users; --",
    id_like("Post:0"),
    id_like("Post:9223372036854775807"),
    id_like("Post:9223372036854775808"),
    id_like("Post:٣"),
    id_like("User:1"),
    [],
    ["x"] * 200,
    [[[[["x"]]]]],
    {"a": {"b": {"c": 1}}},
    {"clientMutationId": "k"},
]
PLACEHOLDERS = {"username": "p1", "login": "p1", "password": "x" * 12, "text": "A text."}


def variables_of(name: str) -> Iterator[tuple[str, str | None]]:
    """Each place in an operation's variables: the variable and, of an input object, the field."""
    [found] = [
        node
        for node in parse(operation(name)).definitions
        if isinstance(node, OperationDefinitionNode)
    ]
    for variable in found.variable_definitions or ():
        type_ = get_named_type(type_from_ast(graphql_schema, variable.type))
        yield variable.variable.name.value, None
        if isinstance(type_, GraphQLInputObjectType):
            yield from ((variable.variable.name.value, field) for field in type_.fields)


def valid_variables(name: str, user_id: str, post: str) -> dict[str, Any]:
    """Valid variables of an operation."""
    values: dict[str, Any] = {}
    for variable, field in variables_of(name):
        value = PLACEHOLDERS.get(field or variable)
        if (field or variable) in {"postId", "id"}:
            value = post
        elif (field or variable) in {"userId", "commentId"}:
            value = user_id
        if field is None and variable == "input":
            values["input"] = {}
        elif field is not None and value is not None:
            values[variable][field] = value
        elif field is None and value is not None:
            values[variable] = value
    return values


class Answer(NamedTuple):
    """A response."""

    status: int
    headers: HTTPMessage
    content: bytes

    def json(self) -> Any:
        return json.loads(self.content)


class Hostile:
    """A client that sends bad input. It waits in this thread; the server has its own."""

    def __init__(self, address: str) -> None:
        # httpx would take more CPU time than the server.
        self._connections = [HTTPConnection(address, timeout=30) for _ in range(AT_ONCE)]

    def send(self, body: Body, headers: dict[str, str] | None = None) -> Answer:
        """Sends a body and returns the response, after the checks that apply to every response."""
        [answer] = self.send_at_once([(body, headers or {})])
        return answer

    def send_at_once(self, requests: list[tuple[Body, dict[str, str]]]) -> list[Answer]:
        """Sends up to AT_ONCE bodies with their headers, and returns the checked responses."""
        began = process_time()
        connections = self._connections[: len(requests)]
        for connection, (body, headers) in zip(connections, requests, strict=True):
            text = json.dumps(body, ensure_ascii=False) if isinstance(body, dict) else body
            fields = {"Content-Type": "application/json", **headers}
            connection.request("POST", "/graphql/", text.encode(), fields)
        responses = [connection.getresponse() for connection in connections]
        answers = [Answer(each.status, each.headers, each.read()) for each in responses]
        assert process_time() - began < MAX_SECONDS
        for answer in answers:
            check(answer)
        return answers

    def close(self) -> None:
        for connection in self._connections:
            connection.close()


def check(answer: Answer) -> None:
    """Checks what applies to every response."""
    assert answer.status < 500, answer.content
    result = answer.json()
    messages = [error["message"] for error in result.get("errors", [])]
    for payload in (result.get("data") or {}).values():
        if isinstance(payload, dict):
            messages += [error["message"] for error in payload.get("errors", [])]
    for message in messages:
        assert 0 < len(message) < 1_000
        assert not INTERNAL_DETAILS.search(message), message
    for error in result.get("errors", []):
        assert CLIENT_ERROR_CODES.fullmatch(error["extensions"]["code"]), error
    assert len(answer.content) < 300_000


@pytest.fixture
async def hostile(address: str, api: Api, database: Database) -> AsyncIterator[Hostile]:
    """A hostile client. Checks afterwards that the server responds and all counts are exact."""
    opened = Hostile(address)
    yield opened
    opened.close()
    assert "edges" in await api.do(None, "PublicFeed")
    await assert_counts_are_exact(database)


@pytest.fixture
async def users(database: Database) -> list[SignedInUser]:
    return await signed_in(database, 2)


QUERIES_AND_MUTATIONS = sorted(
    {path.stem for path in OPERATIONS.glob("*.graphql")}
    - WITH_THE_LIMITS
    - {"PostInteractions", "HomeFeedEvents", "HomeFeedEventsWhole"}
)


@pytest.mark.parametrize("name", QUERIES_AND_MUTATIONS)
async def test_any_value_in_any_variable(
    hostile: Hostile, api: Api, users: list[SignedInUser], name: str
) -> None:
    ada, grace = users
    post = (await api.change(ada, "CreatePost", text="There."))["post"]["id"]
    query, valid = operation(name), valid_variables(name, grace.id, post)
    headers = {"authorization": ada.authorization}
    requests: list[tuple[Body, dict[str, str]]] = []
    for (variable, field), value in product(variables_of(name), HOSTILE):
        changed = value if field is None else {**valid[variable], field: value}
        requests.append(({"query": query, "variables": {**valid, variable: changed}}, headers))
    requests.append(({"query": query, "variables": valid}, {}))
    for start in range(0, len(requests), AT_ONCE):
        hostile.send_at_once(requests[start : start + AT_ONCE])


LITERALS = [
    '"\\ud800"',
    '"\\u0000"',
    "99999999999999999999",
    "1.5",
    "[1]",
    "{a: 1}",
    "RED",
    '"""block"""',
]
PLACES = [
    "{ node(id: %s) { id } }",
    "{ nodes(ids: [%s]) { id } }",
    "{ post(id: %s) { id } }",
    "{ user(username: %s) { id } }",
    "{ publicFeed(first: %s) { pageInfo { endCursor } } }",
    "{ publicFeed(first: 1, after: %s) { pageInfo { endCursor } } }",
    "mutation { createPost(input: {text: %s}) { errors { message } } }",
    "mutation { createPost(input: %s) { errors { message } } }",
]


async def test_literals_in_documents(hostile: Hostile, users: list[SignedInUser]) -> None:
    headers = {"authorization": users[0].authorization}
    for place, literal in product(PLACES, LITERALS):
        hostile.send({"query": place % literal}, headers)


LONE_SURROGATES = [
    ("CreatePost", '{"text": "\\ud800"}'),
    ("CreatePost", '{"text": "x", "clientMutationId": "\\udfff"}'),
    ("SignIn", '{"login": "\\ud800", "password": "\\ud800"}'),
]


async def test_lone_surrogates_are_refused(hostile: Hostile) -> None:
    for name, values in LONE_SURROGATES:
        query = json.dumps(operation(name))
        body = f'{{"query": {query}, "variables": {{"input": {values}}}}}'
        assert hostile.send(body).status == 400, values


def nested(levels: int) -> str:
    inner = "id"
    for _ in range(levels):
        inner = f"replies(first: 100) {{ edges {{ node {{ {inner} }} }} }}"
    return f'{{ node(id: "{global_id("Comment", 1)}") {{ ... on Comment {{ {inner} }} }} }}'


REFUSED = [
    (nested(5), "LIMIT_EXCEEDED"),
    (nested(50), "LIMIT_EXCEEDED"),
    (nested(300), "GRAPHQL_PARSE_FAILED"),
    ("{" * 5_000, "GRAPHQL_PARSE_FAILED"),
    ("{ node(id: " + "[" * 5_000 + ") }", "GRAPHQL_PARSE_FAILED"),
    ("{" + " ".join(f"a{n}: viewer {{ id }}" for n in range(100)) + "}", "LIMIT_EXCEEDED"),
    ("{ publicFeed " + "@skip(if: false) " * 500 + "{ edges { cursor } } }", "LIMIT_EXCEEDED"),
    ("query A { ...F } fragment F on Query { ...F }", "GRAPHQL_VALIDATION_FAILED"),
    ("{ nope }", "GRAPHQL_VALIDATION_FAILED"),
    ("", "GRAPHQL_PARSE_FAILED"),
    ("#", "GRAPHQL_PARSE_FAILED"),
    ("\ufeff{", "GRAPHQL_PARSE_FAILED"),
]


async def test_invalid_and_too_large_documents_are_refused(hostile: Hostile) -> None:
    for document, code in REFUSED:
        result = hostile.send({"query": document}).json()
        codes = {error["extensions"]["code"] for error in result["errors"]}
        assert codes == {code}, document[:50]
        assert "data" not in result, document[:50]


async def test_too_many_ids_are_refused(hostile: Hostile) -> None:
    codes = {"TOO_MANY_IDS", "LIMIT_EXCEEDED", "REQUEST_TOO_LARGE"}
    for count in (101, 9_000, 100_000):
        body = {"query": operation("Nodes"), "variables": {"ids": ["x"] * count}}
        [error] = hostile.send(body).json()["errors"]
        assert error["extensions"]["code"] in codes


def bad_tokens() -> Iterator[tuple[str, str]]:
    """Invalid authorization headers with their error codes."""
    secret = environment().secret_key.encode()
    valid_token = AccessTokens(secret).issue(AccessToken(1, 1, int(time()) + 900))
    expired = AccessTokens(secret).issue(AccessToken(1, 1, int(time()) - 1))
    other = AccessTokens(b"another secret").issue(AccessToken(1, 1, int(time()) + 900))
    yield f"Bearer {expired}", "TOKEN_EXPIRED"
    for token in (
        other,
        valid_token[:-2],
        valid_token + "x",
        # A JSON Web Token without a signature.
        "eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.",
        "x",
        "x" * 9_000,
    ):
        yield f"Bearer {token}", "TOKEN_INVALID"
    for header in ("Basic YTpi", "Bearer", "", valid_token, "Token x"):
        yield header, "UNAUTHENTICATED"


async def test_invalid_access_tokens_are_refused(hostile: Hostile) -> None:
    for header, code in bad_tokens():
        for name in ("PublicFeed", "Viewer"):
            response = hostile.send({"query": operation(name)}, {"authorization": header})
            assert response.status == 401, header[:50]
            assert response.headers["www-authenticate"].startswith("Bearer")
            [error] = response.json()["errors"]
            assert error["extensions"]["code"] == code, header[:50]
            assert "data" not in response.json()
