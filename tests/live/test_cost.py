"""What an operation costs is checked and reported on every transport."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from core.database.database import Database
from core.ids import global_id
from tests.live.test_codes import STREAM, by_http
from tests.live.world import (
    TIMEOUT,
    Api,
    SignedInUser,
    operation,
    serving,
    signed_in,
    websocket_client,
)

ASK = {"GraphQL-Cost": "report"}
NESTED = "publicFeed(first: 100) { edges { node { comments(first: 100) { edges { cursor } } } } }"
WATCH = (
    "subscription { homeFeedEvents { ... on FeedEntryAdded { edge { node { likers(first: 100) { edges { node {"
    " posts(first: 100) { edges { cursor } } } } } } } } } }"
)


@pytest.fixture(scope="module")
def reporting(django_db_setup: None) -> Iterator[str]:
    """A server that reports the cost of every operation and has small limits."""
    with serving(
        report_cost=True, max_cost=500, max_answer_bytes=20_000, byte_cache_seconds=30
    ) as address:
        yield address


async def post(
    address: str, query: str, user: SignedInUser | None = None, headers: Any = (), **variables: Any
) -> httpx.Response:
    sent = dict(headers) | ({"authorization": user.authorization} if user else {})
    async with httpx.AsyncClient(timeout=TIMEOUT) as client:
        return await client.post(
            f"http://{address}/graphql/",
            json={"query": query, "variables": variables},
            headers=sent,
        )


async def cost_of(*request: Any, **variables: Any) -> dict[str, int]:
    answer = (await post(*request, **variables)).json()
    assert "errors" not in answer, answer
    cost: dict[str, int] = answer["extensions"]["cost"]
    return cost


async def write(api: Api, author: SignedInUser, posts: int, text: str = "A post.") -> None:
    for number in range(posts):
        post = (await api.change(author, "CreatePost", text=f"{text} {number}"))["post"]
        await api.change(author, "CreateComment", postId=post["id"], text="A comment.")


async def test_a_client_that_asks_is_sent_the_cost(
    address: str, database: Database, api: Api
) -> None:
    [author] = await signed_in(database, 1)
    home = operation("HomeFeed")
    empty = await cost_of(address, home, author, ASK, first=10)
    # The first page of a reader finds no kept feed. An empty page may have a row that holds the snapshot.
    assert (empty["requested"], empty["limit"], empty["statements"]) == (51, 5_000, 2)
    assert empty["actual"] <= 4
    while not await database.fetch("SELECT FROM home_feeds"):  # noqa: ASYNC110  # no event to wait for
        await asyncio.sleep(0.01)
    await write(api, author, 3)
    some = await cost_of(address, home, author, ASK, first=10)
    # Three posts with a comment each, by two statements.
    assert some == {"requested": 51, "actual": 3 + 3 + 2, "limit": 5_000, "statements": 2}
    small = await cost_of(address, home, author, ASK, first=1)
    assert small["requested"] == 6
    assert small["actual"] <= 6
    like = await cost_of(
        address,
        operation("FollowUser"),
        author,
        ASK,
        input={"userId": global_id("User", author.key)},
    )
    assert (like["requested"], like["actual"]) == (12, 12)


async def test_introspection_costs_though_it_reads_no_row(address: str, database: Database) -> None:
    [viewer] = await signed_in(database, 1)
    cost = await cost_of(address, "{ __schema { types { name } } }", viewer, ASK)
    assert cost == {"requested": 100, "actual": 100, "limit": 5_000, "statements": 0}


async def test_nobody_else_is_sent_it(address: str, database: Database) -> None:
    [author] = await signed_in(database, 1)
    for headers in ({}, {"GraphQL-Cost": "validate"}):
        answer = (await post(address, operation("HomeFeed"), author, headers)).json()
        assert set(answer) == {"data"}


async def test_an_answer_from_the_cache_has_cost_nothing(
    reporting: str, database: Database
) -> None:
    await signed_in(database, 1)
    query = "{ publicFeed(first: 7) { edges { cursor } } }"
    first = await cost_of(reporting, query)
    assert (first["requested"], first["statements"]) == (8, 1)
    again = await cost_of(reporting, query)
    assert again == {"requested": 8, "actual": 0, "limit": 500, "statements": 0}


async def test_a_cost_over_the_limit_is_refused_on_every_transport(
    address: str, database: Database
) -> None:
    [viewer] = await signed_in(database, 1)
    for query, allowed in ((f"{{ {NESTED} }}", 5_000), (WATCH, 500)):
        answer = await by_http(address, query, accept=STREAM, token=viewer.authorization)
        assert answer.code == "LIMIT_EXCEEDED"
        assert (answer.error["limit"], answer.error["allowed"]) == ("cost", allowed)
        async with websocket_client(address, viewer.authorization) as client:
            await client.subscribe("1", query)
            message = await client.receive()
            assert message["type"] == "error"
            assert message["payload"][0]["extensions"]["limit"] == "cost"
            assert "smaller `first`" in message["payload"][0]["message"]


async def test_websocket_answers_report_their_cost_by_setting(
    reporting: str, database: Database
) -> None:
    [viewer] = await signed_in(database, 1)
    async with websocket_client(reporting, viewer.authorization) as client:
        await client.subscribe("1", operation("HomeFeed"), first=10)
        cost = (await client.receive())["payload"]["extensions"]["cost"]
    assert (cost["requested"], cost["limit"], cost["statements"]) == (51, 500, 2)


async def test_an_answer_has_a_limit_of_bytes(reporting: str, database: Database) -> None:
    [viewer] = await signed_in(database, 1)
    api = Api(reporting)
    await write(api, viewer, 12, text="\\" * 490)
    await api.close()
    query = "{ homeFeed { edges { node { a: text b: text } } } }"
    refused = (await post(reporting, query, viewer)).json()["errors"][0]
    assert refused["extensions"]["code"] == "LIMIT_EXCEEDED"
    assert "limit on bytes of an answer is 20,000; this request has 2" in refused["message"]
    assert "Request less at once." in refused["message"]
    async with websocket_client(reporting, viewer.authorization) as client:
        await client.subscribe("1", query)
        message = await client.receive()
        assert message["payload"][0]["extensions"]["limit"] == "bytes of an answer"
    assert (
        await post(reporting, "{ homeFeed(first: 3) { edges { node { text } } } }", viewer)
    ).json()["data"]
