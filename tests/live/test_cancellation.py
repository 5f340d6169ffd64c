"""A connection cancelled at any moment releases its place, its subscription and its tasks."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from core.config.environment import environment
from core.database import statement_metrics
from core.database.database import Database
from core.server.app import Server
from tests.live.world import SignedInUser, eventually, operation, signed_in
from tests.metrics import metric_value

STEPS = 40
"""Steps of the loop, one after the other; then as many milliseconds."""
HOME = operation("HomeFeedEvents")
ADDRESS = ("192.0.2.1", 5000)


@pytest.fixture
async def server(database: Database) -> AsyncIterator[Server]:
    """A server that takes one connection of an address, so that one that stays would be noticed."""
    del database  # Its tables are empty, and it is closed last.
    opened = Server(replace(environment(), connections_per_address=1))
    async with opened.running():
        yield opened


class Client:
    """The ASGI side of a client: the messages that it sends, and whether it reads."""

    def __init__(self, scope: dict[str, Any], result: list[dict[str, Any]], reads: int) -> None:
        self.scope = scope
        self.sent: list[dict[str, Any]] = []
        self._messages = result
        self._reads = reads

    async def receive(self) -> dict[str, Any]:
        if self._messages:
            return self._messages.pop(0)
        await asyncio.get_running_loop().create_future()
        raise AssertionError

    async def send(self, message: dict[str, Any]) -> None:
        if len(self.sent) >= self._reads:
            await asyncio.get_running_loop().create_future()
        self.sent.append(message)


def socket(user: SignedInUser, reads: int) -> Client:
    init = {"type": "connection_init", "payload": {"authorization": user.authorization}}
    subscribe = {"type": "subscribe", "id": "1", "payload": {"query": HOME}}
    texts = [{"type": "websocket.receive", "text": json.dumps(each)} for each in (init, subscribe)]
    scope = {"type": "websocket", "subprotocols": ["graphql-transport-ws"]}
    return Client(_scope(scope), [{"type": "websocket.connect"}, *texts], reads)


def stream(user: SignedInUser, reads: int) -> Client:
    headers = [
        (b"accept", b"text/event-stream"),
        (b"content-type", b"application/json"),
        (b"authorization", user.authorization.encode()),
    ]
    body = {"type": "http.request", "body": json.dumps({"query": HOME}).encode()}
    return Client(_scope({"type": "http", "method": "POST", "headers": headers}), [body], reads)


def _scope(more: dict[str, Any]) -> dict[str, Any]:
    return {"path": "/graphql/", "query_string": b"", "headers": [], "client": ADDRESS, **more}


@pytest.mark.parametrize("reads", [0, 1, 2, 100])
@pytest.mark.parametrize("opens", [socket, stream])
async def test_a_connection_cancelled_at_any_step_releases_everything(
    server: Server,
    database: Database,
    caplog: pytest.LogCaptureFixture,
    opens: Any,
    reads: int,
) -> None:
    (user,) = await signed_in(database, 1)
    await asyncio.sleep(0.1)
    tasks = len(asyncio.all_tasks())
    before = subscribers()
    is_served = False
    for steps in range(2 * STEPS):
        client = opens(user, reads)
        serving = asyncio.ensure_future(
            server.graphql[client.scope["type"]](client.scope, client.receive, client.send)
        )
        for _ in range(min(steps, STEPS)):
            await asyncio.sleep(0)
        if steps >= STEPS:
            await asyncio.sleep((steps - STEPS) / 1_000)
        serving.cancel()
        await asyncio.wait([serving])
        assert serving.cancelled()
        assert server.live.connections.count == 0
        assert subscribers() == before
        refusals = [each for each in client.sent if each.get("status") == 429 or "code" in each]
        assert refusals == [], f"the place of the one before was not given back: {refusals}"
        is_served = is_served or "SubscriptionReady" in str(client.sent)

        async def is_alone() -> bool:
            return len(asyncio.all_tasks()) <= tasks

        assert await eventually(is_alone)
    assert is_served is (reads == 100)
    # On a busy machine a statement may be slow.
    assert [each for each in caplog.records if each.name != statement_metrics.__name__] == []


def subscribers() -> float:
    return metric_value("feed_subscribers", field="homeFeedEvents")
