"""One WebSocket connection, from its handshake to its end."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import orjson
from starlette.types import Receive, Scope, Send

from core.errors import ClientError, JSONObject
from core.graphql.documents import DocumentOperation
from core.graphql.http.requests import from_object
from core.graphql.live.connection_registry import Ending, RegisteredConnection
from core.graphql.live.send_queue import SendQueue
from core.graphql.live.subscription_runner import ActiveSubscription, cancelled, failure_entries
from core.graphql.websocket import messages
from core.graphql.websocket.messages import Closing, Message, encoded, read_message
from core.graphql.websocket.operation_stream import QueuedOperation, Stream

if TYPE_CHECKING:
    from core.graphql.websocket.websocket_endpoint import GraphQLWebSocket

REASON_BYTES_AT_MOST = 123
SUBSCRIPTIONS_AT_MOST = 20
RUNNING_AT_MOST = 10
"""Queries and mutations of one connection that run at once. More wait for their turn."""
WAITING_AT_MOST = 200
WAITING_CHARACTERS_AT_MOST = 1024 * 1024


class WebSocketConnection:
    """What one client has open. It costs one task, and one more while an operation begins or runs."""

    __slots__ = (
        "_admission",
        "_app",
        "_authorization",
        "_early",
        "_is_acknowledged",
        "_is_closing",
        "_is_ending",
        "_is_initialised",
        "_running",
        "_scope",
        "_send",
        "_send_queue",
        "_streams",
        "_tasks",
        "_timer",
    )

    def __init__(self, app: GraphQLWebSocket, scope: Scope, send: Send) -> None:
        self._app = app
        self._scope = scope
        self._send = send
        self._send_queue = SendQueue(send)
        self._streams: dict[str, Stream] = {}
        """In the order in which they came."""
        self._running = 0
        """How many queries and mutations run."""
        self._tasks: set[asyncio.Task[None]] = set()
        """What ends with the connection."""
        self._authorization: str | None = None
        self._admission: asyncio.Task[None] | None = None
        """Looks the session up, while the connection is still listened to."""
        self._early: list[Message] = []
        """What has come during the admission."""
        self._is_initialised = False
        self._is_acknowledged = False
        self._is_closing = False
        self._is_ending = False
        self._timer: asyncio.TimerHandle | None = None

    async def run(self, receive: Receive, entered: RegisteredConnection) -> None:
        """Serves the connection until it is closed by either side."""
        await self._send({"type": "websocket.accept", "subprotocol": messages.SUBPROTOCOL})
        self._timer = asyncio.get_running_loop().call_later(
            self._app.initialisation_seconds,
            self.close,
            messages.INITIALISATION_TIMEOUT,
            "WebSocketConnection initialisation timeout",
        )
        try:
            while (message := await receive())["type"] != "websocket.disconnect":
                if self._is_closing:
                    continue
                try:
                    self._hear(read_message(message, self._app.runner.limits), entered)
                except Closing as closing:
                    self.close(closing.code, closing.reason)
        finally:
            await self._clean_up()

    def put(self, text: str) -> bool:
        """Sends a message, now or in its turn. False if too much is waiting."""
        return self._is_closing or self._send_queue.put(
            {"type": "websocket.send", "text": text}, len(text)
        )

    def put_anyway(self, text: str) -> None:
        if not self._is_closing:
            self._send_queue.put_anyway({"type": "websocket.send", "text": text}, len(text))

    async def drained(self) -> None:
        await self._send_queue.drained()

    def forget(self, stream: Stream) -> None:
        """Frees the id of an operation that is over."""
        if self._streams.get(stream.id) is stream:
            del self._streams[stream.id]
            if self._is_ending:
                self._close_if_answered()

    def close(self, code: int, reason: str) -> None:
        """Ends all operations, then, when what waits has been written, the connection."""
        if self._is_closing:
            return
        self._is_closing = True
        for stream in tuple(self._streams.values()):
            stream.stop()
        if self._admission is not None:
            self._admission.cancel()
        reason = reason.encode()[:REASON_BYTES_AT_MOST].decode(errors="ignore")
        self._send_queue.put_anyway({"type": "websocket.close", "code": code, "reason": reason}, 0)

    def end(self, ending: Ending) -> None:
        """Closes the connection for a reason that is not in what the client sent.

        Queries and mutations that run are answered before the server stops.
        """
        if ending is not Ending.SHUTDOWN:
            self.close(messages.close_code(ending.code), ending.message)
            return
        self._is_ending = True
        for stream in tuple(self._streams.values()):
            if stream.is_subscription or stream.waiting is not None:
                stream.stop()
                del self._streams[stream.id]
        self._close_if_answered()

    def _close_if_answered(self) -> None:
        if not self._streams:
            self.close(messages.SERVICE_RESTART, Ending.SHUTDOWN.message)

    def _hear(self, message: Message, entered: RegisteredConnection) -> None:
        if message.type == "connection_init":
            self._initialise(message, entered)
        elif self._admission is not None:
            self._keep(message)
        elif message.type == "ping":
            self.put_anyway(encoded("pong", message.payload))
        elif message.type == "subscribe":
            self._begin(message)
        elif message.type == "complete":
            stream = self._streams.pop(message.id, None)
            if stream is not None:
                stream.stop()

    def _keep(self, message: Message) -> None:
        """Keeps a message until the connection is acknowledged."""
        size = sum(len(each.text) for each in self._early) + len(message.text)
        if len(self._early) >= WAITING_AT_MOST or size > WAITING_CHARACTERS_AT_MOST:
            raise Closing(messages.TOO_MANY, "Too many messages before connection_ack")
        self._early.append(message)

    def _initialise(self, message: Message, entered: RegisteredConnection) -> None:
        if self._is_initialised:
            raise Closing(messages.TOO_MANY, "Too many initialisation requests")
        self._is_initialised = True
        self._authorization = messages.authorization_in(message.payload)
        if self._authorization is None:
            self._authorization = _header(self._scope, b"authorization")
        if self._timer is not None:
            self._timer.cancel()
        if self._authorization is None:
            self._acknowledge()
            return
        self._admission = asyncio.create_task(self._admit_viewer(entered, self._authorization))
        self._tasks.add(self._admission)
        self._admission.add_done_callback(self._tasks.discard)

    def _acknowledge(self) -> None:
        self._is_acknowledged = True
        self.put_anyway(encoded("connection_ack"))

    async def _admit_viewer(self, entered: RegisteredConnection, authorization: str) -> None:
        entry = None
        try:
            await self._app.connections.admit(entered, authorization)
        except Exception as failure:  # noqa: BLE001  # the entry is logged if it is a fault
            entry = failure_entries(failure)[0]
        finally:
            self._admission = None
        if self._is_closing:
            return
        if entry is not None:
            self.close(messages.close_code(entry["extensions"]["code"]), entry["message"])
            return
        self._acknowledge()
        early, self._early = self._early, []
        for message in early:
            try:
                self._hear(message, entered)
            except Closing as closing:
                self.close(closing.code, closing.reason)
                return

    def _begin(self, message: Message) -> None:
        if not self._is_acknowledged:
            raise Closing(messages.UNAUTHORIZED, "Unauthorized")
        if message.id in self._streams:
            said = f"Subscriber for {message.id} already exists"
            raise Closing(messages.SUBSCRIBER_EXISTS, said)
        if self._is_ending:
            return  # It is not begun: the client sends it again when it has connected again.
        stream = self._streams[message.id] = Stream(self, message.id)
        payload = message.payload or {}
        try:
            request = from_object(payload, message.text.encode(), self._app.runner.limits)
            operation = self._app.runner.operation(request)
            self._admit(stream, operation, request.variables, len(message.text))
        except Exception as failure:  # noqa: BLE001  # the entry is logged if it is a fault
            stream.fail(failure_entries(failure))

    def _admit(
        self, stream: Stream, operation: DocumentOperation, variables: JSONObject, size: int
    ) -> None:
        """Begins the operation, or lets it wait for its turn. Errors: TOO_MANY_OPERATIONS."""
        if operation.kind == "subscription":
            others = sum(each.is_subscription for each in self._streams.values())
            if others >= SUBSCRIPTIONS_AT_MOST:
                said = f"{SUBSCRIPTIONS_AT_MOST} subscriptions are open on this connection. End one first."
                raise ClientError(said, "TOO_MANY_OPERATIONS")
            stream.is_subscription = True
            self._start(stream, operation, variables)
        elif self._running < RUNNING_AT_MOST:
            self._running += 1
            self._start(stream, operation, variables)
        else:
            waiting = [each.waiting.size for each in self._streams.values() if each.waiting]
            if len(waiting) >= WAITING_AT_MOST or sum(waiting) + size > WAITING_CHARACTERS_AT_MOST:
                said = "Too many operations wait on this connection. Send more when some have been answered."
                raise ClientError(said, "TOO_MANY_OPERATIONS")
            stream.waiting = QueuedOperation(operation, variables, size)

    def _start(self, stream: Stream, operation: DocumentOperation, variables: JSONObject) -> None:
        task = asyncio.create_task(self._run(stream, operation, variables))
        if not stream.is_subscription:
            # Not in the coroutine: one that is cancelled before its first step is never entered.
            task.add_done_callback(self._start_next)
        if operation.kind == "mutation":
            # What has been begun is finished, whether or not the client waits for it.
            self._app.finish(task)
            return
        stream.task = task
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _start_next(self, _: asyncio.Task[None]) -> None:
        """Gives the place of an operation that is over to the one that has waited longest."""
        self._running -= 1
        if self._is_closing:
            return
        for stream in self._streams.values():
            if stream.waiting is not None:
                waiting, stream.waiting = stream.waiting, None
                self._running += 1
                self._start(stream, waiting.operation, waiting.variables)
                return

    async def _run(
        self, stream: Stream, operation: DocumentOperation, variables: JSONObject
    ) -> None:
        try:
            await self._execute(stream, operation, variables)
        except Exception as failure:  # noqa: BLE001  # the entry is logged if it is a fault
            stream.fail(failure_entries(failure, operation.name))
        finally:
            stream.task = None

    async def _execute(
        self, stream: Stream, operation: DocumentOperation, variables: JSONObject
    ) -> None:
        runner = self._app.runner
        context = self._app.context_for(self._authorization, self._scope)
        if operation.kind != "subscription":
            answer = await runner.answer(operation, variables, context)
            stream.answer(orjson.dumps(answer).decode())
            return

        def begun(subscription: ActiveSubscription) -> None:
            stream.subscription = subscription

        await runner.subscribe(operation, variables, context, stream, begun=begun)

    async def _clean_up(self) -> None:
        self._is_closing = True
        if self._timer is not None:
            self._timer.cancel()
        for stream in tuple(self._streams.values()):
            stream.stop()
        self._streams.clear()
        try:
            await cancelled(*self._tasks)
        finally:
            await self._send_queue.close()


def _header(scope: Scope, name: bytes) -> str | None:
    for found, value in scope["headers"]:
        if found == name:
            return str(value, "latin-1")
    return None
