"""The results of a subscription as server-sent events.

Source: https://html.spec.whatwg.org/multipage/server-sent-events.html and
https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md (distinct connections mode)
"""

from __future__ import annotations

import asyncio

import orjson
from starlette.types import Send

from core.errors import ClientError, JSONObject
from core.graphql.errors import error_entry
from core.graphql.live.connection_registry import CloseReason
from core.graphql.live.send_queue import SendQueue
from core.graphql.live.subscription_runner import ActiveSubscription

HEARTBEAT = b":\n"
"""A comment without an empty line, which some clients take for an event."""
COMPLETE = b"event: complete\ndata:\n\n"
MAX_BLOCKED_BEATS = 5
"""After so many heartbeats with a blocked send queue, the client counts as disconnected."""


class EventStream:
    """One response with an event stream."""

    def __init__(self, send: Send, heartbeat_seconds: float) -> None:
        self._send = send
        self._send_queue = SendQueue(send)
        self._heartbeat_seconds = heartbeat_seconds
        self._heartbeat: asyncio.TimerHandle | None = None
        self._blocked_beats = 0
        self._is_open = False
        self._ending: CloseReason | None = None
        """Why it was ended before it was opened."""
        self.subscription: ActiveSubscription | None = None
        self.over = asyncio.Event()
        """Set when the last event was queued, or the client has disconnected."""

    async def open(self, headers: list[tuple[bytes, bytes]]) -> None:
        """Sends the response head and a comment, by which the client notices that it is connected.

        Errors: ClientError if the stream was ended before.
        """
        if self._ending is not None:
            raise ClientError(self._ending.message, self._ending.code)
        self._is_open = True
        await self._send({"type": "http.response.start", "status": 200, "headers": headers})
        self._beat()

    def push(self, payload: str, cursor: str) -> bool:
        """Sends a result. `cursor`: the event id, which a client returns as Last-Event-ID; may be empty."""
        return self.over.is_set() or self._put(_event(payload, cursor))

    def push_last(self, payload: str, cursor: str) -> None:
        if not self.over.is_set():
            self._put_unbounded(_event(payload, cursor))
            self._end()

    def fail(self, errors: list[JSONObject]) -> None:
        """Sends the errors as a result: a browser hides error responses from an EventSource."""
        self.push_last(orjson.dumps({"errors": errors}).decode(), "")

    def end(self, ending: CloseReason) -> None:
        """Ends the stream for a reason of the server.

        A client reconnects only if the stream ends without `complete`.
        """
        if not self._is_open:
            self._ending = ending
        elif ending in {CloseReason.TOKEN_EXPIRED, CloseReason.SESSION_ENDED}:
            self.fail([error_entry(ClientError(ending.message, ending.code))])
        elif not self.over.is_set():
            self._put_unbounded(f": {ending.message}\n".encode())
            self._end(with_complete=ending is not CloseReason.SHUTDOWN)

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

    def _end(self, *, with_complete: bool = True) -> None:
        if with_complete:
            self._put_unbounded(COMPLETE)
        self._send_queue.put_unbounded({"type": "http.response.body", "body": b""}, 0)
        self.over.set()
        self._close_subscription()

    def _close_subscription(self) -> None:
        subscription, self.subscription = self.subscription, None
        if subscription is not None:
            subscription.close()

    def _beat(self) -> None:
        if self._send_queue.is_blocked:
            self._blocked_beats += 1
            if self._blocked_beats >= MAX_BLOCKED_BEATS:
                self.over.set()
                return
        else:
            self._blocked_beats = 0
            self._put(HEARTBEAT)
        self._heartbeat = asyncio.get_running_loop().call_later(self._heartbeat_seconds, self._beat)

    def _put(self, body: bytes) -> bool:
        message = {"type": "http.response.body", "body": body, "more_body": True}
        return self._send_queue.put(message, len(body))

    def _put_unbounded(self, body: bytes) -> None:
        message = {"type": "http.response.body", "body": body, "more_body": True}
        self._send_queue.put_unbounded(message, len(body))


def _event(payload: str, cursor: str) -> bytes:
    id_line = f"id: {cursor}\n" if cursor else ""
    return f"event: next\n{id_line}data: {payload}\n\n".encode()
