"""The results of a subscription as a streamed response."""

from __future__ import annotations

import asyncio

import orjson
from starlette.types import Send

from core.errors import ClientError, JSONObject
from core.graphql.live.connection_registry import CloseReason
from core.graphql.live.send_queue import SendQueue
from core.graphql.live.subscription_runner import ActiveSubscription
from core.graphql.streams.stream_formats import StreamFormat

MAX_BLOCKED_BEATS = 5
"""After so many heartbeats with a blocked send queue, the client counts as disconnected."""


class ResponseStream:
    """One streamed response."""

    def __init__(self, send: Send, stream_format: StreamFormat, heartbeat_seconds: float) -> None:
        self._send = send
        self._format = stream_format
        self._send_queue = SendQueue(send)
        self._heartbeat_seconds = heartbeat_seconds
        self._heartbeat: asyncio.TimerHandle | None = None
        self._blocked_beats = 0
        self._is_open = False
        self._ending: CloseReason | None = None
        """Why it was ended before it was opened."""
        self.subscription: ActiveSubscription | None = None
        self.over = asyncio.Event()
        """Set when the last result was queued, or the client has disconnected."""

    async def open(self, headers: list[tuple[bytes, bytes]]) -> None:
        """Sends the response head and the opening of the body.

        Errors: ClientError if the stream was ended before.
        """
        if self._ending is not None:
            raise ClientError(self._ending.message, self._ending.code)
        self._is_open = True
        await self._send({"type": "http.response.start", "status": 200, "headers": headers})
        self._put(self._format.opening)
        self._beat_later()

    def push(self, payload: str, cursor: str) -> bool:
        """Sends a result. `cursor`: that of its event; may be empty."""
        return self.over.is_set() or self._put(self._format.result(payload, cursor))

    def push_last(self, payload: str, cursor: str) -> None:
        if not self.over.is_set():
            self._end(self._format.result(payload, cursor) + self._format.complete)

    def fail(self, errors: list[JSONObject]) -> None:
        """Sends the errors as a result: a browser hides error responses from an EventSource."""
        self.push_last(orjson.dumps({"errors": errors}).decode(), "")

    def end(self, ending: CloseReason) -> None:
        """Ends the stream for a reason of the server."""
        if not self._is_open:
            self._ending = ending
        elif not self.over.is_set():
            self._end(self._format.ending(ending))

    async def drained(self) -> None:
        await self._send_queue.drained()

    async def close(self) -> None:
        """Ends the response. Flushes the send queue if the stream is over and the client reads."""
        is_complete = self.over.is_set()
        self.over.set()
        if self._heartbeat is not None:
            self._heartbeat.cancel()
        self._close_subscription()
        try:
            if is_complete and self._blocked_beats < MAX_BLOCKED_BEATS:
                await self._send_queue.flush(self._heartbeat_seconds)
        finally:
            await self._send_queue.close()

    def _end(self, last: bytes) -> None:
        message = {"type": "http.response.body", "body": last}
        self._send_queue.put_unbounded(message, len(last))
        self.over.set()
        self._close_subscription()

    def _close_subscription(self) -> None:
        subscription, self.subscription = self.subscription, None
        if subscription is not None:
            subscription.close()

    def _beat_later(self) -> None:
        self._heartbeat = asyncio.get_running_loop().call_later(self._heartbeat_seconds, self._beat)

    def _beat(self) -> None:
        if self._send_queue.is_blocked:
            self._blocked_beats += 1
            if self._blocked_beats >= MAX_BLOCKED_BEATS:
                self.over.set()
                return
        else:
            self._blocked_beats = 0
            self._put(self._format.heartbeat)
        self._beat_later()

    def _put(self, body: bytes) -> bool:
        message = {"type": "http.response.body", "body": body, "more_body": True}
        return self._send_queue.put(message, len(body))
