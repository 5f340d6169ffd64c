"""graphql-transport-ws according to its specification: messages, close codes."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.database.database import Database
from core.graphql.websocket.websocket_connection import MAX_SUBSCRIPTIONS
from tests.live.world import (
    Closed,
    WebSocketClient,
    eventually,
    open_websocket,
    signed_in,
    websocket_client,
)

ASK = "{ publicFeed(first: 1) { edges { cursor } } }"
ANSWER: dict[str, Any] = {"data": {"publicFeed": {"edges": []}}}
WATCH = 'subscription { postInteractions(postIds: ["UG9zdDox"]) { __typename } }'
READY = {"data": {"postInteractions": {"__typename": "SubscriptionReady"}}}

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
async def caller(address: str) -> AsyncIterator[WebSocketClient]:
    """A client with an acknowledged connection."""
    async with websocket_client(address) as taken:
        yield taken


@pytest.fixture
async def stranger(address: str) -> AsyncIterator[WebSocketClient]:
    """A client that has sent no message yet."""
    async with open_websocket(address) as opened:
        yield opened


async def ask(caller: WebSocketClient, id: str, query: str, **more: Any) -> None:
    await caller.send(type="subscribe", id=id, payload={"query": query, **more})


async def closing_code(caller: WebSocketClient, *, never: str = "\n") -> int:
    """The code with which the server closes. No message before that has the type `never`."""
    while True:
        try:
            assert never not in json.dumps(await caller.receive())
        except Closed as closed:
            return closed.code


async def test_a_query_is_answered_and_completed(caller: WebSocketClient) -> None:
    await ask(caller, "1", ASK)
    assert await caller.receive() == {"type": "next", "id": "1", "payload": ANSWER}
    assert await caller.receive() == {"type": "complete", "id": "1"}
    # The id is free again.
    await ask(caller, "1", ASK)
    assert (await caller.receive())["payload"] == ANSWER


async def test_operations_run_concurrently(caller: WebSocketClient) -> None:
    await ask(caller, "a", WATCH)
    assert (await caller.receive())["payload"] == READY
    await ask(caller, "b", ASK)
    assert (await caller.receive())["id"] == "b"
    assert await caller.receive() == {"type": "complete", "id": "b"}


async def test_a_completed_subscription_frees_its_id(caller: WebSocketClient) -> None:
    await ask(caller, "1", WATCH)
    assert (await caller.receive())["payload"] == READY
    await caller.send(type="complete", id="1")
    await caller.send(type="complete", id="1")
    await caller.send(type="complete", id="never begun")
    await ask(caller, "1", WATCH)
    assert (await caller.receive())["payload"] == READY


@pytest.mark.parametrize("payload", [None, {}, {"a": [1]}])
async def test_a_ping_is_answered_with_its_payload(caller: WebSocketClient, payload: Any) -> None:
    message = {"type": "ping"} if payload is None else {"type": "ping", "payload": payload}
    await caller.send(**message)
    assert await caller.receive() == {**message, "type": "pong"}
    await caller.send(type="pong", payload=payload)
    await ask(caller, "1", ASK)
    assert (await caller.receive())["type"] == "next"


async def test_a_ping_needs_no_initialisation(stranger: WebSocketClient) -> None:
    await stranger.send(type="ping")
    assert await stranger.receive() == {"type": "pong"}


@pytest.mark.parametrize("payload", ["absent", None, {}, {"unknown": 1}, {"authorization": None}])
async def test_a_connection_without_a_token_is_anonymous(
    stranger: WebSocketClient, payload: Any
) -> None:
    message = {} if payload == "absent" else {"payload": payload}
    await stranger.send(type="connection_init", **message)
    assert await stranger.receive() == {"type": "connection_ack"}
    await ask(stranger, "1", "{ viewer { id } }")
    assert (await stranger.receive())["payload"]["data"] == {"viewer": None}


@pytest.mark.parametrize(
    "form", ["authorization", "Authorization", "headers", "token", "accessToken"]
)
async def test_a_token_is_accepted_in_each_form(
    stranger: WebSocketClient, database: Database, form: str
) -> None:
    (user,) = await signed_in(database, 1)
    token = user.authorization.removeprefix("Bearer ")
    payload: dict[str, Any] = {form: user.authorization}
    if form == "headers":
        payload = {"headers": {"Authorization": user.authorization}}
    elif "oken" in form:
        payload = {form: token}
    await stranger.send(type="connection_init", payload=payload)
    assert await stranger.receive() == {"type": "connection_ack"}
    await ask(stranger, "1", "{ viewer { id } }")
    assert (await stranger.receive())["payload"]["data"] == {"viewer": {"id": user.id}}


@pytest.mark.parametrize("token", ["Bearer nonsense", "Basic YTpi", ""])
async def test_an_invalid_token_is_forbidden(stranger: WebSocketClient, token: str) -> None:
    await stranger.send(type="connection_init", payload={"authorization": token})
    assert await closing_code(stranger) == 4403


async def test_an_expired_token_is_forbidden(stranger: WebSocketClient, database: Database) -> None:
    (user,) = await signed_in(database, 1, lasts=-1)
    await stranger.send(type="connection_init", payload={"authorization": user.authorization})
    assert await closing_code(stranger) == 4403


async def test_a_second_initialisation_closes_the_connection(caller: WebSocketClient) -> None:
    await caller.send(type="connection_init")
    assert await closing_code(caller) == 4429


async def test_a_missing_initialisation_times_out(stranger: WebSocketClient) -> None:
    # The close must arrive while the server waits for the client's first message.
    with pytest.raises(Closed) as closed:
        await stranger.receive()
    assert (closed.value.code, closed.value.reason) == (
        4408,
        "Connection initialisation timeout",
    )


async def test_a_subscribe_before_initialisation_is_unauthorized(stranger: WebSocketClient) -> None:
    await ask(stranger, "1", ASK)
    assert await closing_code(stranger) == 4401


async def test_an_id_in_use_is_rejected(caller: WebSocketClient) -> None:
    await ask(caller, "twice", WATCH)
    assert (await caller.receive())["payload"] == READY
    await ask(caller, "twice", WATCH)
    with pytest.raises(Closed) as closed:
        await caller.receive()
    assert (closed.value.code, closed.value.reason) == (4409, "Subscriber for twice already exists")


@pytest.mark.parametrize("offered", [(), ("graphql-ws",), ("other", "graphql-ws")])
async def test_a_missing_subprotocol_is_rejected(address: str, offered: tuple[str, ...]) -> None:
    async with open_websocket(address, offered) as opened:
        assert await closing_code(opened) == 4406


async def test_the_subprotocol_may_be_one_of_several(address: str) -> None:
    async with open_websocket(address, ("graphql-ws", "graphql-transport-ws")) as opened:
        assert opened.connection.subprotocol == "graphql-transport-ws"
        await opened.start()


BAD_MESSAGES: list[str | bytes] = [
    "",
    "not JSON",
    "[]",
    '"text"',
    "null",
    "17",
    "{}",
    '{"type": null}',
    '{"type": "no such"}',
    '{"type": "start", "id": "1", "payload": {"query": "{a}"}}',
    '{"type": ["subscribe"]}',
    '{"type": "connection_ack"}',
    '{"type": "next", "id": "1", "payload": {}}',
    '{"type": "ping", "payload": "text"}',
    '{"type": "connection_init", "payload": 7}',
    '{"type": "connection_init", "payload": []}',
    '{"type": "subscribe"}',
    '{"type": "subscribe", "id": "1"}',
    '{"type": "subscribe", "id": "1", "payload": null}',
    '{"type": "subscribe", "id": "1", "payload": {}}',
    '{"type": "subscribe", "id": "", "payload": {"query": "{a}"}}',
    '{"type": "subscribe", "id": 1, "payload": {"query": "{a}"}}',
    '{"type": "subscribe", "id": ["1"], "payload": {"query": "{a}"}}',
    '{"type": "subscribe", "id": "1", "payload": {"query": 1}}',
    '{"type": "subscribe", "id": "1", "payload": {"query": "{a}", "variables": []}}',
    '{"type": "subscribe", "id": "1", "payload": {"query": "{a}", "operationName": 1}}',
    '{"type": "subscribe", "id": "1", "payload": {"query": "{a}", "extensions": ""}}',
    '{"type": "complete"}',
    '{"type": "complete", "id": {}}',
    '{"a":' * 5_000 + "1" + "}" * 5_000,
    '{"type": "ping", "payload": {"n": ' + "9" * 10_000 + "}}",
    '{"type": "subscribe", "id": "' + "x" * 1_000 + '", "payload": {"query": "{a}"}}',
    b"\x00\x01",
    b'{"type": "ping"}',
]


@pytest.mark.parametrize("message", BAD_MESSAGES, ids=range(len(BAD_MESSAGES)))
async def test_a_malformed_message_closes_the_connection(
    caller: WebSocketClient, message: str | bytes
) -> None:
    await caller.connection.send(message)
    assert await closing_code(caller) == 4400


async def test_a_large_message_closes_the_connection(caller: WebSocketClient) -> None:
    await caller.connection.send("x" * 300_000)
    assert await closing_code(caller) == 1009


async def test_a_message_of_many_empty_fragments_closes_the_connection(
    caller: WebSocketClient,
) -> None:
    caller.connection.transport.write(b"\x01\x80" + bytes(4) + (b"\x00\x80" + bytes(4)) * 2_000)
    assert await closing_code(caller) == 1009


async def test_invalid_utf8_closes_the_connection_without_a_fault(
    caller: WebSocketClient, caplog: pytest.LogCaptureFixture
) -> None:
    caller.connection.transport.write(b"\x81\x82" + bytes(4) + b"\xff\xfe")
    assert await closing_code(caller) == 1007
    assert not caplog.records


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("{ nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("query a { __typename } query b { __typename }", "OPERATION_NOT_FOUND"),
        ("subscription { postInteractions(postIds: []) { cursor } }", "BAD_INPUT"),
        ('subscription { postInteractions(postIds: ["x"]) { cursor } }', "BAD_ID"),
        ("query($n: Int!) { publicFeed(first: $n) { edges { cursor } } }", "BAD_INPUT"),
        ("{" + "".join(f" a{n}: __typename" for n in range(500)) + "}", "LIMIT_EXCEEDED"),
    ],
)
async def test_an_invalid_operation_ends_only_itself(
    caller: WebSocketClient, query: str, code: str
) -> None:
    await ask(caller, "1", query)
    refused = await caller.receive()
    assert (refused["type"], refused["id"]) == ("error", "1")
    assert refused["payload"][0]["extensions"]["code"] == code
    await ask(caller, "1", ASK)
    assert (await caller.receive())["payload"] == ANSWER


async def test_too_many_posts_are_rejected_with_the_limit(caller: WebSocketClient) -> None:
    query = "subscription($ids: [ID!]!) { postInteractions(postIds: $ids) { cursor } }"
    await ask(caller, "1", query, variables={"ids": ["UG9zdDox"] * 101})
    assert "101" in (await caller.receive())["payload"][0]["message"]


async def test_subscriptions_of_a_connection_are_limited(caller: WebSocketClient) -> None:
    for number in range(MAX_SUBSCRIPTIONS):
        await ask(caller, str(number), WATCH)
        assert (await caller.receive())["payload"] == READY
    await ask(caller, "more", WATCH)
    refused = await caller.receive()
    assert refused["payload"][0]["extensions"]["code"] == "TOO_MANY_OPERATIONS"
    await caller.send(type="complete", id="0")
    await ask(caller, "more", WATCH)
    assert (await caller.receive())["payload"] == READY


async def test_a_mutation_is_completed_after_a_disconnect(address: str, database: Database) -> None:
    (user,) = await signed_in(database, 1)
    write = 'mutation { createPost(input: {text: "kept"}) { post { id } } }'
    async with websocket_client(address, user.authorization) as leaving:
        await ask(leaving, "1", write)
        await leaving.send(type="complete", id="1")
    assert await eventually(lambda: database.fetch("SELECT FROM posts WHERE text = 'kept'"))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=10,
)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    message=st.fixed_dictionaries(
        {},
        optional={
            "type": st.sampled_from(["subscribe", "ping", "complete", "connection_init"]) | JSON,
            "id": st.text(min_size=1, max_size=9) | JSON,
            "payload": st.fixed_dictionaries({"query": st.text(max_size=30)}) | JSON,
        },
    )
)
async def test_any_message_is_answered_or_closes_the_connection(
    address: str, message: dict[str, Any]
) -> None:
    async with websocket_client(address) as caller:
        await caller.send(**message)
        await caller.send(type="ping", payload={"last": True})
        code = 0
        received: dict[str, Any] = {}
        while not code and received != {"type": "pong", "payload": {"last": True}}:
            try:
                received = await caller.receive()
            except Closed as closed:
                code = closed.code
            assert received.get("type", "pong") in {"next", "error", "complete", "pong"}
        assert code in {0, 4400, 4429}
