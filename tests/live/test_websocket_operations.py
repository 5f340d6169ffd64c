"""Many operations on one socket, deeply nested messages, and disconnects."""

from __future__ import annotations

import asyncio
import json
from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.database.database import Database
from core.graphql.websocket.websocket_connection import (
    MAX_QUEUED,
    MAX_RUNNING,
    MAX_SUBSCRIPTIONS,
)
from tests.interactions.cast import create_posts
from tests.live.test_websocket import closing_code
from tests.live.world import (
    WebSocketClient,
    eventually,
    open_websocket,
    signed_in,
    websocket_client,
)

ASK = "{ publicFeed(first: 1) { edges { cursor } } }"
WATCH = 'subscription { postInteractions(postIds: ["UG9zdDox"]) { __typename } }'
WRITE = "mutation($text: String!) { createPost(input: {text: $text}) { post { id } } }"
LOCK = "LOCK TABLE posts IN ACCESS EXCLUSIVE MODE"

pytestmark = pytest.mark.usefixtures("database")


async def answers(caller: WebSocketClient, count: int) -> dict[str, dict[str, Any]]:
    """The first message of each of so many operations, by their ids."""
    found: dict[str, dict[str, Any]] = {}
    completed = 0
    while completed < count:
        message = await caller.receive()
        found.setdefault(message["id"], message)
        completed += message["type"] in {"complete", "error"}
    return found


def codes(found: dict[str, dict[str, Any]]) -> list[str]:
    """The codes of those that were refused."""
    return [
        each["payload"][0]["extensions"]["code"]
        for each in found.values()
        if each["type"] == "error"
    ]


async def test_fifty_concurrent_queries_are_answered(address: str) -> None:
    async with websocket_client(address) as caller:
        for number in range(50):
            await caller.subscribe(str(number), ASK)
        found = await answers(caller, 50)
        assert {each["type"] for each in found.values()} == {"next"}
        assert sorted(found) == sorted([str(number) for number in range(50)])


async def test_queries_are_queued_beside_open_subscriptions(address: str) -> None:
    async with websocket_client(address) as caller:
        for number in range(MAX_SUBSCRIPTIONS):
            await caller.subscribe(f"s{number}", WATCH)
            assert (await caller.receive())["type"] == "next"
        for number in range(50):
            await caller.subscribe(str(number), ASK)
        assert codes(await answers(caller, 50)) == []
        await caller.subscribe("one more", WATCH)
        assert codes(await answers(caller, 1)) == ["TOO_MANY_OPERATIONS"]


async def test_queued_operations_are_bounded_and_can_be_cancelled(
    address: str, database: Database
) -> None:
    async with websocket_client(address) as caller:
        async with database.transaction() as transaction:
            await transaction.fetch(LOCK)
            for number in range(MAX_RUNNING + MAX_QUEUED + 3):
                await caller.subscribe(str(number), ASK)
            refused = await answers(caller, 3)
            assert codes(refused) == ["TOO_MANY_OPERATIONS"] * 3
            # One that runs and one that waits; the second gives its place to another.
            for number in (0, MAX_RUNNING + 5):
                await caller.send(type="complete", id=str(number))
            await caller.subscribe("late", ASK)
            await caller.send(type="ping")
            assert await caller.receive() == {"type": "pong"}
        found = await answers(caller, MAX_RUNNING + MAX_QUEUED - 1)
        assert codes(found) == []
        assert "late" in found
        assert not {"0", str(MAX_RUNNING + 5)} & set(found)


async def test_queued_operations_are_bounded_by_size(address: str, database: Database) -> None:
    async with websocket_client(address) as caller:
        async with database.transaction() as transaction:
            await transaction.fetch(LOCK)
            for number in range(MAX_RUNNING + 7):
                await caller.subscribe(str(number), ASK, unused="x" * 200_000)
            assert codes(await answers(caller, 2)) == ["TOO_MANY_OPERATIONS"] * 2
        assert codes(await answers(caller, MAX_RUNNING + 5)) == []


async def test_cancelled_operations_release_their_places(address: str) -> None:
    async with websocket_client(address) as caller:
        for number in range(3 * MAX_RUNNING):
            await caller.subscribe(str(number), ASK)
            await caller.send(type="complete", id=str(number))
        await caller.subscribe("last", ASK)
        while (message := await caller.receive())["id"] != "last":
            pass
        assert message["type"] == "next"


async def test_a_disconnect_cancels_queries_and_completes_mutations(
    address: str, database: Database
) -> None:
    (user,) = await signed_in(database, 1)
    await create_posts(database, user.key, 1)
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"

    async def held(count: int) -> bool:
        return bool((await database.fetch(waiting))[0][0] == count)

    async with database.transaction() as transaction:
        await transaction.fetch(LOCK)
        async with websocket_client(address, user.authorization) as caller:
            for number in range(3):
                await caller.subscribe(str(number), ASK)
                await eventually(partial(held, number + 1))  # Else they would share a joint read.
            await caller.subscribe("write", WRITE, text="Written all the same")
            await eventually(lambda: held(4))
        # The queries give their connections back; the mutation keeps its own.
        await eventually(lambda: held(1))

    async def is_written() -> bool:
        return bool(await database.fetch("SELECT 1 FROM posts WHERE text LIKE 'Written%'"))

    assert await eventually(is_written)


@pytest.mark.parametrize("kind", ["ping", "pong", "connection_init"])
async def test_a_deeply_nested_payload_closes_the_connection(address: str, kind: str) -> None:
    for levels in (260, 600, 1_500, 20_000):
        async with open_websocket(address) as opened:
            text = '{"type":"' + kind + '","payload":' + '{"a":' * levels + "1" + "}" * levels + "}"
            await opened.connection.send(text)
            assert await closing_code(opened) == 4400


async def test_a_nested_payload_is_returned(address: str) -> None:
    payload: Any = json.loads('{"a":' * 30 + "[]" + "}" * 30)
    async with open_websocket(address) as opened:
        await opened.send(type="ping", payload=payload)
        assert await opened.receive() == {"type": "pong", "payload": payload}


@pytest.mark.parametrize("place", ["variables", "extensions"])
@pytest.mark.parametrize("levels", [40, 300, 900])
async def test_deeply_nested_variables_fail_their_operation(
    address: str, place: str, levels: int
) -> None:
    deep = '{"a":' * levels + "1" + "}" * levels
    text = '{"type":"subscribe","id":"1","payload":{"query":"{ __typename }","%s":%s}}'
    async with websocket_client(address) as caller:
        await caller.connection.send(text % (place, deep))
        assert codes(await answers(caller, 1)) == ["LIMIT_EXCEEDED"]
        await caller.subscribe("1", ASK)
        assert codes(await answers(caller, 1)) == []


async def test_an_empty_operation_name_means_none(address: str) -> None:
    async with websocket_client(address) as caller:
        await caller.send(type="subscribe", id="1", payload={"query": ASK, "operationName": ""})
        assert codes(await answers(caller, 1)) == []


VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inside: (
        st.lists(inside, max_size=3) | st.dictionaries(st.text(max_size=6), inside, max_size=3)
    ),
    max_leaves=6,
)
MESSAGES = st.fixed_dictionaries(
    {"type": st.sampled_from(["subscribe", "ping", "pong", "complete", "connection_init"])},
    optional={
        "id": st.sampled_from(["1", "", "\0", "x" * 200]) | VALUES,
        "payload": VALUES
        | st.fixed_dictionaries(
            {"query": st.sampled_from([ASK, WATCH, "{", "query A{__typename}"]) | VALUES},
            optional={
                "variables": VALUES,
                "operationName": st.sampled_from(["", "A", "\r\n"]) | VALUES,
                "extensions": VALUES,
            },
        ),
    },
)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(messages=st.lists(MESSAGES | VALUES, max_size=4), raw=st.binary(max_size=20))
def test_any_messages(
    address: str, caplog: pytest.LogCaptureFixture, messages: list[Any], raw: bytes
) -> None:
    asyncio.run(heard_well(address, messages, raw))
    assert not [each for each in caplog.records if each.levelname == "ERROR"]


async def heard_well(address: str, messages: list[Any], raw: bytes) -> None:
    """Sends them all; each is answered, or the connection closed with a code of the protocol."""
    async with websocket_client(address) as caller:
        for message in messages:
            await caller.connection.send(json.dumps(message))
        await caller.connection.send(raw)
        assert await closing_code(caller, never="INTERNAL") in {4400, 4409, 4429}
