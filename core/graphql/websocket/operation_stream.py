"""One operation of a WebSocket connection."""

from __future__ import annotations

import asyncio
from typing import NamedTuple, Protocol

import orjson

from core.errors import JSONObject
from core.graphql.document import DocumentOperation
from core.graphql.live.subscription_runner import ActiveSubscription
from core.graphql.websocket.messages import encode_message


class QueuedOperation(NamedTuple):
    """A query or mutation that waits to be executed."""

    operation: DocumentOperation
    variables: JSONObject
    size: int
    """Characters of its message."""


class StreamConnection(Protocol):
    """What an operation needs of its connection."""

    def put(self, text: str) -> bool:
        """Sends or queues a message. False, and not queued, if the send queue is full."""

    def put_unbounded(self, text: str) -> None:
        """Sends or queues a message even if the send queue is full."""

    async def drained(self) -> None:
        """Returns when the send queue is nearly empty."""

    def remove_stream(self, stream: OperationStream) -> None:
        """Frees the id of an operation that has ended."""


class OperationStream:
    """Sends the messages of one operation: `next`, then `complete` or `error`."""

    __slots__ = (
        "_connection",
        "_prefix",
        "id",
        "is_over",
        "is_subscription",
        "queued",
        "subscription",
        "task",
    )

    def __init__(self, connection: StreamConnection, id: str) -> None:
        self._connection = connection
        self.id = id
        self._prefix = f'{{"id":{orjson.dumps(id).decode()},"type":"next","payload":'
        self.subscription: ActiveSubscription | None = None
        self.task: asyncio.Task[None] | None = None
        """Executes the query, or starts the subscription."""
        self.is_subscription = False
        self.queued: QueuedOperation | None = None
        """The operation, while it waits to be executed."""
        self.is_over = False

    def push(self, payload: str, cursor: str) -> bool:  # noqa: ARG002  # the payload contains it
        return self.is_over or self._connection.put(f"{self._prefix}{payload}}}")

    def push_last(self, payload: str, cursor: str) -> None:  # noqa: ARG002  # likewise
        self.answer(payload)

    def answer(self, payload: str) -> None:
        """Sends the only or last result."""
        if not self.is_over:
            self._connection.put_unbounded(f"{self._prefix}{payload}}}")
            self._end(encode_message("complete", id=self.id))

    def fail(self, errors: list[JSONObject]) -> None:
        if not self.is_over:
            self._end(encode_message("error", errors, self.id))

    def stop(self) -> None:
        """Ends the operation without a message. A running mutation is not cancelled."""
        self.is_over = True
        self._close_subscription()
        task, self.task = self.task, None
        if task is not None:
            task.cancel()

    async def drained(self) -> None:
        await self._connection.drained()

    def _end(self, last: str) -> None:
        self.is_over = True
        self._connection.put_unbounded(last)
        self._connection.remove_stream(self)
        self._close_subscription()

    def _close_subscription(self) -> None:
        subscription, self.subscription = self.subscription, None
        if subscription is not None:
            subscription.close()
