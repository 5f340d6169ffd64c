"""Subscriptions as server-sent events, which a browser resumes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager, closing
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest

from core.database.database import Database
from core.ids import global_id
from tests.interactions.cast import create_posts
from tests.live.world import TIMEOUT, Api, eventually, operation, signed_in
from tests.metrics import metric_value

ACCEPT = {"accept": "text/event-stream"}
ASK = "{ publicFeed(first: 1) { edges { cursor } } }"


class Stream:
    """A response that is a stream of events, read as a browser reads it."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self.comments = 0
        self._lines = response.aiter_lines()

    async def aclose(self) -> None:
        """Ends the reading: a generator that is only dropped is ended by a task, at some time."""
        if isinstance(self._lines, AsyncGenerator):
            await self._lines.aclose()

    async def next(self) -> dict[str, Any]:
        """The fields of the next event; `data` as the JSON that it is."""
        fields: dict[str, Any] = {}
        async with asyncio.timeout(TIMEOUT):
            async for line in self._lines:
                if line.startswith(":"):
                    self.comments += 1
                elif line:
                    name, _, value = line.partition(":")
                    fields[name] = value.removeprefix(" ")
                elif fields:
                    fields["data"] = json.loads(fields["data"]) if fields.get("data") else None
                    return fields
        raise EOFError

    async def event(self) -> dict[str, Any]:
        """The next event of a subscription; its cursor is its id."""
        fields = await self.next()
        assert fields["event"] == "next"
        [event] = fields["data"]["data"].values()
        assert fields["id"] == event["cursor"]
        return dict(event)


@asynccontextmanager
async def streaming(
    address: str,
    query: str,
    *,
    method: str = "POST",
    headers: dict[str, str] | None = None,
    parameters: dict[str, str] | None = None,
    **variables: Any,
) -> AsyncIterator[Stream]:
    sent = {"query": query, "variables": variables}
    if method == "GET":
        text = {"query": query, "variables": json.dumps(variables), **(parameters or {})}
        options: dict[str, Any] = {"params": text}
    else:
        options = {"json": sent}
    async with (
        httpx.AsyncClient(base_url=f"http://{address}", timeout=TIMEOUT) as client,
        client.stream(
            method, "/graphql/", headers={**ACCEPT, **(headers or {})}, **options
        ) as response,
        aclosing(Stream(response)) as stream,
    ):
        yield stream


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_events_have_the_id_from_which_a_browser_resumes(
    address: str, api: Api, database: Database, method: str
) -> None:
    author, fan = await signed_in(database, 2)
    (post,) = await create_posts(database, author.key)
    id = global_id("Post", post)
    query = operation("PostInteractions")
    async with streaming(address, query, method=method, postIds=[id]) as stream:
        head = stream.response.headers
        assert head["content-type"] == "text/event-stream; charset=utf-8"
        assert (head["cache-control"], head["x-accel-buffering"]) == ("no-store", "no")
        ready = await stream.event()
        assert stream.comments == 1  # sent at once, so that a proxy forwards the head
        await api.change(fan, "LikePost", postId=id)
        liked = await stream.event()
    await api.change(fan, "SharePost", postId=id)
    # The address is the one it was, with the `after` that it had; the header knows better.
    async with streaming(
        address,
        query,
        method=method,
        headers={"last-event-id": liked["cursor"]},
        postIds=[id],
        after=ready["cursor"],
    ) as stream:
        again = await stream.event()
        assert (again["resumed"], again["cursor"]) == (True, liked["cursor"])
        assert (await stream.event())["__typename"] == "PostShared"


async def test_a_query_sends_one_result_and_completes(address: str, database: Database) -> None:
    async with streaming(address, ASK) as stream:
        assert await stream.next() == {
            "event": "next",
            "data": {"data": {"publicFeed": {"edges": []}}},
        }
        assert await stream.next() == {"event": "complete", "data": None}
        with pytest.raises(EOFError):
            await stream.next()


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("{ nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("subscription { homeFeedEvents { cursor } }", "UNAUTHENTICATED"),
        ('subscription { postInteractions(postIds: ["x"]) { cursor } }', "BAD_ID"),
    ],
)
async def test_operation_errors_are_sent_in_the_stream(
    address: str, database: Database, query: str, code: str
) -> None:
    async with streaming(address, query) as stream:
        assert stream.response.status_code == 200
        received = await stream.next()
        assert received["data"]["errors"][0]["extensions"]["code"] == code
        assert (await stream.next())["event"] == "complete"


async def test_an_unknown_cursor_ends_the_stream(address: str, database: Database) -> None:
    query = operation("PostInteractions")
    async with streaming(address, query, postIds=["UG9zdDox"], after="garbage") as stream:
        assert (await stream.event())["resumed"] is False
        assert (await stream.event())["reason"] == "CURSOR_UNKNOWN"
        assert (await stream.next())["event"] == "complete"


@pytest.mark.parametrize("way", ["header", "parameter"])
async def test_a_token_identifies_the_viewer(
    address: str, api: Api, database: Database, way: str
) -> None:
    (user,) = await signed_in(database, 1)
    token = user.authorization
    sent: dict[str, Any] = (
        {"headers": {"authorization": token}}
        if way == "header"
        else {"parameters": {"access_token": token.removeprefix("Bearer ")}}
    )
    async with streaming(address, operation("HomeFeedEvents"), method="GET", **sent) as stream:
        await stream.event()
        await api.change(user, "CreatePost", text="Mine")
        assert (await stream.event())["edge"]["node"]["text"] == "Mine"


async def test_an_invalid_token_is_an_http_error(address: str, database: Database) -> None:
    async with streaming(address, ASK, headers={"authorization": "Bearer x"}) as stream:
        assert stream.response.status_code == 401
        assert stream.response.headers["www-authenticate"] == "Bearer"
        body = json.loads(await stream.response.aread())
        assert body["errors"][0]["extensions"]["code"] == "TOKEN_INVALID"


async def test_access_ends_when_the_token_expires(address: str, database: Database) -> None:
    (user,) = await signed_in(database, 1, lasts=4)
    async with streaming(
        address, operation("HomeFeedEvents"), headers={"authorization": user.authorization}
    ) as stream:
        await stream.event()
        received = await stream.next()
        assert received["data"]["errors"][0]["extensions"]["code"] == "TOKEN_EXPIRED"
        assert "id" not in received
        assert (await stream.next())["event"] == "complete"


@pytest.mark.parametrize(
    ("method", "body", "status"),
    [
        ("POST", b"", 400),
        ("POST", b"[]", 400),
        ("POST", b"\xff\xfe", 400),
        ("PUT", b"{}", 405),
        ("GET", b"", 400),
    ],
)
async def test_malformed_requests_are_rejected_in_json(
    address: str, database: Database, method: str, body: bytes, status: int
) -> None:
    headers = {**ACCEPT, "content-type": "application/json"}
    async with httpx.AsyncClient(base_url=f"http://{address}", timeout=TIMEOUT) as client:
        answer = await client.request(method, "/graphql/", content=body, headers=headers)
    assert answer.status_code == status
    assert answer.json()["errors"][0]["message"]


async def test_mutations_by_get_are_rejected(address: str, database: Database) -> None:
    (user,) = await signed_in(database, 1)
    write = 'mutation { createPost(input: {text: "no"}) { post { id } } }'
    headers = {"authorization": user.authorization}
    async with streaming(address, write, method="GET", headers=headers) as stream:
        assert stream.response.status_code == 405
        body = json.loads(await stream.response.aread())
        assert body["errors"][0]["extensions"]["code"] == "METHOD_NOT_ALLOWED"
    assert len(await database.fetch("SELECT 1 FROM posts")) == 0


async def test_a_client_of_http_1_0_gets_the_stream_without_chunks(
    address: str, database: Database
) -> None:
    host, _, port = address.rpartition(":")
    query = 'subscription { postInteractions(postIds: ["UG9zdDox"]) { __typename } }'
    path = f"/graphql/?{urlencode({'query': query})}"
    reader, writer = await asyncio.open_connection(host, int(port))
    with closing(writer):
        writer.write(f"GET {path} HTTP/1.0\r\nAccept: text/event-stream\r\n\r\n".encode())
        async with asyncio.timeout(TIMEOUT):
            head = await reader.readuntil(b"\r\n\r\n")
            event = await reader.readuntil(b"\n\n")
    assert b"transfer-encoding" not in head
    assert event.startswith(b":\nevent: next\n")
    assert b"SubscriptionReady" in event


async def test_a_client_that_ends_its_sending_side_gets_its_answer(
    address: str, database: Database
) -> None:
    host, _, port = address.rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    with closing(writer):
        writer.write(
            b"GET /graphql/?query={publicFeed(first:1){edges{cursor}}} HTTP/1.1\r\nHost: localhost\r\n\r\n"
        )
        writer.write_eof()
        async with asyncio.timeout(TIMEOUT):
            answer = await reader.read()
    assert answer.endswith(b'{"data":{"publicFeed":{"edges":[]}}}')


async def test_heartbeats_are_no_events(address: str, database: Database) -> None:
    async with streaming(address, operation("PostInteractions"), postIds=["UG9zdDox"]) as stream:
        chunk = b""
        async for received in stream.response.aiter_bytes():
            chunk += received
            if b"data:" in chunk:
                break
    comment, head, *_ = chunk.split(b"\n")
    assert (comment, head) == (b":", b"event: next")


async def test_a_disconnected_client_is_unregistered(address: str, database: Database) -> None:
    query = operation("PostInteractions")
    before = subscribers()
    async with streaming(address, query, postIds=["UG9zdDox"]) as stream:
        await stream.event()
        assert subscribers() == before + 1

    async def ended() -> bool:
        return subscribers() == before

    assert await eventually(ended)


async def test_a_disconnect_during_the_look_up_releases_the_connection(
    address: str, database: Database
) -> None:
    (user,) = await signed_in(database, 1)
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"

    async def held(count: int) -> bool:
        return bool((await database.fetch(waiting))[0][0] == count)

    async def ask() -> None:
        headers = {"authorization": user.authorization}
        async with streaming(address, operation("HomeFeedEvents"), headers=headers):
            pass

    async with database.transaction() as transaction:
        await transaction.fetch("LOCK TABLE sessions IN ACCESS EXCLUSIVE MODE")
        asking = asyncio.create_task(ask())
        await eventually(lambda: held(1))
        asking.cancel()
        await asyncio.wait([asking])
        await eventually(lambda: held(0))


def subscribers() -> float:
    return metric_value("feed_subscribers", field="postInteractions")
