"""One WebSocket connection, from its handshake to its end."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import orjson
from starlette.types import Receive, Scope, Send

from core.graphql.documents import Operation
from core.graphql.errors import ClientError, JSONObject, error_entry
from core.graphql.http.requests import from_object
from core.graphql.live.access import Ending, OpenConnection
from core.graphql.live.operations import Subscription, failure_entries
from core.graphql.live.outbox import Outbox
from core.graphql.websocket import messages
from core.graphql.websocket.messages import Closing, Message, encoded, read_message
from core.graphql.websocket.stream import Stream

if TYPE_CHECKING:
    from core.graphql.websocket.app import GraphQLWebSocket

REASON_BYTES_AT_MOST = 123
OPERATIONS_AT_MOST = 20
"""Subscriptions, and queries and mutations under way, of one connection."""
ENDING_CODES = {
    Ending.TOKEN_EXPIRED: messages.FORBIDDEN,
    Ending.SESSION_ENDED: messages.FORBIDDEN,
    Ending.REPLACED: messages.TOO_MANY,
    Ending.SHUTDOWN: messages.SERVICE_RESTART,
}


class Connection:
    """What one client has open. It costs one task, and one more while an operation begins."""

    __slots__ = (
        "_app",
        "_authorization",
        "_is_acknowledged",
        "_is_closing",
        "_is_initialised",
        "_outbox",
        "_scope",
        "_send",
        "_streams",
        "_timer",
    )

    def __init__(self, app: GraphQLWebSocket, scope: Scope, send: Send) -> None:
        self._app = app
        self._scope = scope
        self._send = send
        self._outbox = Outbox(send)
        self._streams: dict[str, Stream] = {}
        self._authorization: str | None = None
        self._is_initialised = False
        self._is_acknowledged = False
        self._is_closing = False
        self._timer: asyncio.TimerHandle | None = None

    async def run(self, receive: Receive, entered: OpenConnection) -> None:
        """Serves the connection until it is closed by either side."""
        await self._send({"type": "websocket.accept", "subprotocol": messages.SUBPROTOCOL})
        self._timer = asyncio.get_running_loop().call_later(
            self._app.initialisation_seconds,
            self.close,
            messages.INITIALISATION_TIMEOUT,
            "Connection initialisation timeout",
        )
        try:
            while (message := await receive())["type"] != "websocket.disconnect":
                if self._is_closing:
                    continue
                try:
                    await self._hear(read_message(message), entered)
                except Closing as closing:
                    self.close(closing.code, closing.reason)
        finally:
            await self._clean_up()

    def put(self, text: str) -> bool:
        """Sends a message, now or in its turn. False if too much is waiting."""
        return self._is_closing or self._outbox.put(
            {"type": "websocket.send", "text": text}, len(text)
        )

    def put_anyway(self, text: str) -> None:
        if not self._is_closing:
            self._outbox.put_anyway({"type": "websocket.send", "text": text}, len(text))

    async def drained(self) -> None:
        await self._outbox.drained()

    def forget(self, stream: Stream) -> None:
        """Frees the id of an operation that is over."""
        if self._streams.get(stream.id) is stream:
            del self._streams[stream.id]

    def close(self, code: int, reason: str) -> None:
        """Ends all operations, then, when what waits has been written, the connection."""
        if self._is_closing:
            return
        self._is_closing = True
        for stream in tuple(self._streams.values()):
            stream.stop()
        reason = reason.encode()[:REASON_BYTES_AT_MOST].decode(errors="ignore")
        self._outbox.put_anyway({"type": "websocket.close", "code": code, "reason": reason}, 0)

    def end(self, ending: Ending) -> None:
        """Closes the connection for a reason that is not in what the client sent."""
        self.close(ENDING_CODES[ending], ending.message)

    async def _hear(self, message: Message, entered: OpenConnection) -> None:
        if message.type == "connection_init":
            await self._initialise(message, entered)
        elif message.type == "ping":
            self.put_anyway(encoded("pong", message.payload))
        elif message.type == "subscribe":
            self._begin(message)
        elif message.type == "complete":
            stream = self._streams.pop(message.id, None)
            if stream is not None:
                stream.stop()

    async def _initialise(self, message: Message, entered: OpenConnection) -> None:
        if self._is_initialised:
            raise Closing(messages.TOO_MANY, "Too many initialisation requests")
        self._is_initialised = True
        self._authorization = messages.authorization_in(message.payload)
        if self._authorization is None:
            self._authorization = _header(self._scope, b"authorization")
        try:
            if self._authorization is not None:
                await self._app.connections.admit(entered, self._authorization)
        except ClientError as error:
            raise Closing(messages.FORBIDDEN, error.message) from None
        except Exception as failure:  # noqa: BLE001  # the entry is logged if it is a fault
            entry = failure_entries(failure)[0]
            if entry["extensions"]["code"] == "UNAVAILABLE":
                raise Closing(messages.TRY_AGAIN_LATER, entry["message"]) from None
            raise Closing(messages.INTERNAL_ERROR, entry["message"]) from None
        if self._timer is not None:
            self._timer.cancel()
        self._is_acknowledged = True
        self.put_anyway(encoded("connection_ack"))

    def _begin(self, message: Message) -> None:
        if not self._is_acknowledged:
            raise Closing(messages.UNAUTHORIZED, "Unauthorized")
        if message.id in self._streams:
            said = f"Subscriber for {message.id} already exists"
            raise Closing(messages.SUBSCRIBER_EXISTS, said)
        stream = Stream(self, message.id)
        if len(self._streams) >= OPERATIONS_AT_MOST:
            said = (
                f"{OPERATIONS_AT_MOST} operations are under way on this connection. End one first."
            )
            stream.fail([error_entry(ClientError(said, "TOO_MANY_OPERATIONS"))])
            return
        self._streams[message.id] = stream
        payload = message.payload or {}
        try:
            request = from_object(payload, orjson.dumps(payload), self._app.runner.limits)
            operation = self._app.runner.operation(request)
        except Exception as failure:  # noqa: BLE001  # the entry is logged if it is a fault
            stream.fail(failure_entries(failure))
            return
        task = asyncio.create_task(self._run(stream, operation, request.variables))
        if operation.kind == "mutation":
            # What has been taken is done, whether or not the client waits for it.
            self._app.finish(task)
        else:
            stream.task = task

    async def _run(self, stream: Stream, operation: Operation, variables: JSONObject) -> None:
        try:
            await self._execute(stream, operation, variables)
        except Exception as failure:  # noqa: BLE001  # the entry is logged if it is a fault
            stream.fail(failure_entries(failure, operation.name))
        finally:
            stream.task = None

    async def _execute(self, stream: Stream, operation: Operation, variables: JSONObject) -> None:
        runner = self._app.runner
        context = self._app.context_for(self._authorization, self._scope)
        if operation.kind != "subscription":
            answer = await runner.answer(operation, variables, context)
            stream.answer(orjson.dumps(answer).decode())
            return

        def begun(subscription: Subscription) -> None:
            stream.subscription = subscription

        await runner.subscribe(operation, variables, context, stream, begun=begun)

    async def _clean_up(self) -> None:
        self._is_closing = True
        if self._timer is not None:
            self._timer.cancel()
        for stream in tuple(self._streams.values()):
            stream.stop()
        self._streams.clear()
        await self._outbox.close()


def _header(scope: Scope, name: bytes) -> str | None:
    for found, value in scope["headers"]:
        if found == name:
            return str(value, "latin-1")
    return None
