"""Subscriptions as multipart responses, which Apollo's clients for web, Kotlin and iOS read."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from typing import Any

import httpx
import pytest

from core.database.database import Database
from core.graphql.live.connection_registry import CONNECTIONS_PER_VIEWER
from core.ids import global_id
from tests.core.graphql.test_negotiation import APOLLO_KOTLIN, APOLLO_MULTIPART
from tests.interactions.cast import create_posts
from tests.live.world import (
    TIMEOUT,
    Api,
    SignedInUser,
    operation,
    signed_in,
    websocket_client,
)

ONLY_MULTIPART = "multipart/mixed;subscriptionSpec=1.0"
OPENING = b"\r\n--graphql"
PART = b"\r\nContent-Type: application/json\r\n\r\n"


class Parts:
    """A multipart response, read by the letter."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self.heartbeats = 0
        self._chunks = response.aiter_bytes()
        self._buffer = b""

    async def aclose(self) -> None:
        if isinstance(self._chunks, AsyncGenerator):
            await self._chunks.aclose()

    async def _until(self, end: bytes) -> bytes:
        while end not in self._buffer:
            self._buffer += await anext(self._chunks)
        found, _, self._buffer = self._buffer.partition(end)
        return found

    async def open(self) -> None:
        async with asyncio.timeout(TIMEOUT):
            assert await self._until(OPENING) == b""

    async def next(self) -> Any:
        """The next part other than heartbeats, or None after the final boundary."""
        async with asyncio.timeout(TIMEOUT):
            while True:
                while len(self._buffer) < 2:
                    self._buffer += await anext(self._chunks)
                if self._buffer.startswith(b"--"):
                    assert await self._until(b"--\r\n") == b""
                    assert [chunk async for chunk in self._chunks] == []
                    return None
                assert await self._until(PART) == b""
                part = json.loads(await self._until(OPENING))
                if part:
                    return part
                self.heartbeats += 1

    async def event(self) -> dict[str, Any]:
        """The next event of a subscription."""
        part = await self.next()
        assert part.keys() == {"payload"}
        [event] = part["payload"]["data"].values()
        return dict(event)


@asynccontextmanager
async def multipart(
    address: str,
    query: str,
    *,
    user: SignedInUser | None = None,
    accept: str = APOLLO_MULTIPART,
    **variables: Any,
) -> AsyncIterator[Parts]:
    headers = {"accept": accept, **({"authorization": user.authorization} if user else {})}
    sent = {"query": query, "variables": variables}
    async with (
        httpx.AsyncClient(base_url=f"http://{address}", timeout=TIMEOUT) as client,
        client.stream("POST", "/graphql/", headers=headers, json=sent) as response,
        aclosing(Parts(response)) as parts,
    ):
        await parts.open()
        yield parts


@pytest.mark.parametrize("accept", [APOLLO_MULTIPART, APOLLO_KOTLIN, ONLY_MULTIPART])
async def test_events_are_parts_and_can_be_resumed(
    address: str, api: Api, database: Database, accept: str
) -> None:
    author, fan = await signed_in(database, 2)
    (post,) = await create_posts(database, author.key)
    id = global_id("Post", post)
    watch = operation("PostInteractions")
    async with multipart(address, watch, accept=accept, postIds=[id]) as parts:
        assert parts.response.headers["content-type"] == (
            "multipart/mixed;boundary=graphql;subscriptionSpec=1.0"
        )
        ready = await parts.event()
        assert (ready["__typename"], parts.heartbeats) == ("SubscriptionReady", 1)
        await api.change(fan, "LikePost", postId=id)
        assert (await parts.event())["__typename"] == "PostLiked"
    async with multipart(
        address, watch, accept=accept, postIds=[id], after=ready["cursor"]
    ) as parts:
        assert (await parts.event())["resumed"] is True
        assert (await parts.event())["post"] == {"id": id, "likeCount": 1}


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("subscription { homeFeedEvents { cursor } }", "UNAUTHENTICATED"),
        ('subscription { postInteractions(postIds: ["x"]) { cursor } }', "BAD_ID"),
    ],
)
async def test_errors_of_the_operation_are_in_the_payload(
    address: str, database: Database, query: str, code: str
) -> None:
    async with multipart(address, query) as parts:
        part = await parts.next()
        assert part.keys() == {"payload"}
        assert part["payload"]["errors"][0]["extensions"]["code"] == code
        assert await parts.next() is None


async def test_a_query_of_a_client_that_accepts_nothing_else_is_a_stream_of_one_result(
    address: str, database: Database
) -> None:
    for query, payload in (
        ("{ publicFeed(first: 1) { edges { cursor } } }", {"data": {"publicFeed": {"edges": []}}}),
        ("{ nothing }", None),
    ):
        async with multipart(address, query, accept=ONLY_MULTIPART) as parts:
            part = await parts.next()
            assert part["payload"] == payload or part["payload"].keys() == {"errors"}
            assert await parts.next() is None


async def test_a_gap_ends_the_stream(address: str, database: Database) -> None:
    query = operation("PostInteractions")
    async with multipart(address, query, postIds=["UG9zdDox"], after="garbage") as parts:
        assert (await parts.event())["resumed"] is False
        assert (await parts.event())["reason"] == "CURSOR_UNKNOWN"
        assert await parts.next() is None


async def test_the_end_of_access_is_an_error_of_the_transport(
    address: str, database: Database
) -> None:
    (user,) = await signed_in(database, 1, lasts=4)
    async with multipart(address, operation("HomeFeedEvents"), user=user) as parts:
        await parts.event()
        part = await parts.next()
        assert part["payload"] is None
        assert part["errors"][0]["extensions"]["code"] == "TOKEN_EXPIRED"
        assert await parts.next() is None


async def test_a_replaced_stream_says_so(address: str, database: Database) -> None:
    (user,) = await signed_in(database, 1)
    async with AsyncExitStack() as stack:
        watch = operation("HomeFeedEvents")
        oldest = await stack.enter_async_context(multipart(address, watch, user=user))
        await oldest.event()
        for _ in range(CONNECTIONS_PER_VIEWER):
            await stack.enter_async_context(websocket_client(address, user.authorization))
        part = await oldest.next()
        assert part["payload"] is None
        assert part["errors"][0]["extensions"]["code"] == "TOO_MANY_CONNECTIONS"
        assert await oldest.next() is None
