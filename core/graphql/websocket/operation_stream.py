"""One operation of a WebSocket connection."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, NamedTuple

import orjson

from core.errors import JSONObject
from core.graphql.documents import DocumentOperation
from core.graphql.live.subscription_runner import ActiveSubscription
from core.graphql.websocket.messages import encoded

if TYPE_CHECKING:
    from core.graphql.websocket.websocket_connection import WebSocketConnection


class QueuedOperation(NamedTuple):
    """A query or mutation that has not begun."""

    operation: DocumentOperation
    variables: JSONObject
    size: int
    """Characters of the message that asks for it."""


class Stream:
    """What an operation sends: `next` and, in the end, `complete` or `error`."""

    __slots__ = (
        "_before",
        "_connection",
        "id",
        "is_over",
        "is_subscription",
        "subscription",
        "task",
        "waiting",
    )

    def __init__(self, connection: WebSocketConnection, id: str) -> None:
        self._connection = connection
        self.id = id
        self._before = f'{{"id":{orjson.dumps(id).decode()},"type":"next","payload":'
        self.subscription: ActiveSubscription | None = None
        self.task: asyncio.Task[None] | None = None
        """What begins the operation, while it is being begun."""
        self.is_subscription = False
        self.waiting: QueuedOperation | None = None
        """The operation, while it waits for its turn."""
        self.is_over = False

    def push(self, payload: str, cursor: str) -> bool:  # noqa: ARG002  # it stands in the payload
        return self.is_over or self._connection.put(f"{self._before}{payload}}}")

    def push_last(self, payload: str, cursor: str) -> None:  # noqa: ARG002  # likewise
        self.answer(payload)

    def answer(self, payload: str) -> None:
        """Sends the only or last result."""
        if not self.is_over:
            self._connection.put_anyway(f"{self._before}{payload}}}")
            self._end(encoded("complete", id=self.id))

    def fail(self, errors: list[JSONObject]) -> None:
        if not self.is_over:
            self._end(encoded("error", errors, self.id))

    def stop(self) -> None:
        """Ends the operation without a word. A mutation under way is not taken back."""
        self.is_over = True
        self._close_subscription()
        task, self.task = self.task, None
        if task is not None:
            task.cancel()

    async def drained(self) -> None:
        await self._connection.drained()

    def _end(self, last: str) -> None:
        self.is_over = True
        self._connection.put_anyway(last)
        self._connection.forget(self)
        self._close_subscription()

    def _close_subscription(self) -> None:
        subscription, self.subscription = self.subscription, None
        if subscription is not None:
            subscription.close()
