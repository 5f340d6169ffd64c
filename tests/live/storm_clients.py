"""The clients of a storm: requests that record their outcomes, and subscribers that record events."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import aclosing
from math import inf
from random import Random
from time import monotonic
from typing import NamedTuple, Self

import httpx

from tests.live.test_sse import streaming
from tests.live.world import Closed, Json, SignedInUser, operation, websocket_client

REQUEST_SECONDS = 60.0
DOCUMENTED = {"UNAVAILABLE", "TIMEOUT"}
"""The codes of responses with a status from 500."""


class UserSession:
    """A session, and when it ended and last wrote."""

    def __init__(self, user: SignedInUser) -> None:
        self.user = user
        self.ended = inf
        """When its end was acknowledged."""
        self.wrote = -inf
        """When the last write was sent that succeeded."""
        self.refused = 0
        """Writes that were refused because the session had ended."""


class Write(NamedTuple):
    """An acknowledged write."""

    sent: float
    acknowledged: float
    name: str
    user: str
    post: str | None


class StormRequests:
    """Sends writes to any of the processes, and records what came of them."""

    def __init__(self, addresses: list[str], chance: Random) -> None:
        self.addresses = addresses
        self.outcomes: Counter[str] = Counter()
        """Statuses, and codes of errors."""
        self.faults: list[str] = []
        """Responses that are not documented, and requests without one."""
        self.sent: dict[str, float] = {}
        """When each write was sent, by key."""
        self.acknowledged: dict[str, Write] = {}
        self.slowest = 0.0
        """Of all responses, in seconds."""
        self._chance = chance

    async def __aenter__(self) -> Self:
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=20)
        self._clients = [
            httpx.AsyncClient(base_url=f"http://{address}", timeout=REQUEST_SECONDS, limits=limits)
            for address in self.addresses
        ]
        return self

    async def __aexit__(self, *_: object) -> None:
        for client in self._clients:
            await client.aclose()

    async def write(
        self, session: UserSession, name: str, *, key: str, **values: object
    ) -> Json | None:
        """The payload; None if the write was refused."""
        began = self.sent[key] = monotonic()
        try:
            response = await self._chance.choice(self._clients).post(
                "/graphql/",
                json={"query": operation(name), "variables": {"input": values}},
                headers={"authorization": session.user.authorization},
            )
        except httpx.HTTPError as error:
            self.faults.append(f"{name}: {error!r}")
            return None
        ended = monotonic()
        self.slowest = max(self.slowest, ended - began)
        result: Json = response.json()
        codes = {error["extensions"]["code"] for error in result.get("errors", ())}
        self.outcomes.update({str(response.status_code), *codes})
        if (response.status_code >= 500 and not codes <= DOCUMENTED) or "INTERNAL" in codes:
            self.faults.append(f"{name}: {response.status_code} {response.text}")
        if codes:
            session.refused += response.status_code == 401
            return None
        [payload] = result["data"].values()
        self.outcomes.update(error["code"] for error in payload["errors"])
        if payload["errors"]:
            return None
        session.wrote = max(session.wrote, began)
        post = values.get("postId")
        self.acknowledged[key] = Write(
            began, ended, name, session.user.id, None if post is None else str(post)
        )
        return dict(payload)


class Received(NamedTuple):
    """An event as a subscriber received it."""

    subscription: object
    """Identifies the subscription, whose events have an order."""
    viewer: str
    at: float
    event: Json

    @property
    def is_first(self) -> bool:
        """Whether it is the first message of a subscription."""
        return bool(self.event["__typename"] == "SubscriptionReady")

    @property
    def key(self) -> str | None:
        """The key of the write that it reports, where the event has it."""
        if self.event["__typename"] == "FeedEntryAdded":
            edge = self.event["edge"]
            return None if edge["sharedBy"] else str(edge["node"]["text"])
        return self.event.get("clientMutationId")

    @property
    def users(self) -> set[str]:
        """The users whom the event shows."""
        event = self.event
        found = [event.get("actor"), event.get("comment", {}).get("author")]
        if "edge" in event:
            found += [event["edge"]["sharedBy"], event["edge"]["node"]["author"]]
        return {user["id"] for user in found if user}

    @property
    def post(self) -> str | None:
        return str(self.event["post"]["id"]) if "post" in self.event else None


async def received_by(
    address: str, session: UserSession, posts: list[str], *, by_stream: bool
) -> AsyncGenerator[Received, None]:
    """The events of the home feed and the posts, or by stream of the posts alone, until the connection ends."""
    connection, viewer = object(), session.user.id
    messages = by_event_stream if by_stream else by_websocket
    async with aclosing(messages(address, session.user.authorization, posts)) as results:
        async for name, result in results:
            [event] = result["data"].values()
            yield Received((connection, name), viewer, monotonic(), event)


async def by_websocket(
    address: str, authorization: str, posts: list[str]
) -> AsyncGenerator[tuple[str, Json], None]:
    """Results by the name of their subscription."""
    try:
        async with websocket_client(address, authorization) as client:
            await client.subscribe("home", operation("HomeFeedEvents"))
            await client.subscribe("posts", operation("PostInteractions"), postIds=posts)
            while (message := await client.receive())["type"] == "next":
                yield message["id"], message["payload"]
    except Closed:
        return


async def by_event_stream(
    address: str, authorization: str, posts: list[str]
) -> AsyncGenerator[tuple[str, Json], None]:
    """Results by the name of their subscription."""
    headers, query = {"authorization": authorization}, operation("PostInteractions")
    try:
        async with streaming(address, query, headers=headers, postIds=posts) as stream:
            while (fields := await stream.next())["event"] == "next":
                if "errors" in fields["data"]:
                    return
                yield "posts", fields["data"]
    except (EOFError, httpx.HTTPError):
        return
