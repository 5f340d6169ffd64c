"""One WebSocket connection, from its handshake to its end."""

from __future__ import annotations

import asyncio
from typing import Protocol

from starlette.types import Receive, Scope, Send

from core.errors import ClientError, JSONObject
from core.graphql.document import DocumentOperation
from core.graphql.errors import with_request_id
from core.graphql.http.request_ids import request_id
from core.graphql.http.requests import address_of, from_object
from core.graphql.live.connection_registry import (
    CloseReason,
    ConnectionRegistry,
    RegisteredConnection,
)
from core.graphql.live.send_queue import SendQueue
from core.graphql.live.subscription_runner import (
    ActiveSubscription,
    SubscriptionRunner,
    cancel_all,
    failure_entries,
)
from core.graphql.ports import ContextFor
from core.graphql.request_record import RequestRecord, codes_of
from core.graphql.websocket import messages
from core.graphql.websocket.messages import CloseConnection, Message, encode_message, read_message
from core.graphql.websocket.operation_stream import OperationStream, QueuedOperation

MAX_REASON_BYTES = 123
MAX_SUBSCRIPTIONS = 20
MAX_RUNNING = 10
"""Queries and mutations of one connection that run concurrently. Others are queued."""
MAX_QUEUED = 200
MAX_QUEUED_CHARACTERS = 1024 * 1024


class WebSocketApp(Protocol):
    """What a connection needs of the application that serves it."""

    runner: SubscriptionRunner
    connections: ConnectionRegistry
    context_for: ContextFor
    initialisation_seconds: float

    def finish(self, task: asyncio.Task[None]) -> None:
        """Keeps a reference to a task that must finish even if its connection closes."""


class WebSocketConnection:
    """One connection. Costs one task, and another for each operation that is started or executed."""

    __slots__ = (
        "_admission",
        "_app",
        "_authorization",
        "_early_messages",
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

    def __init__(self, app: WebSocketApp, scope: Scope, send: Send) -> None:
        self._app = app
        self._scope = scope
        self._send = send
        self._send_queue = SendQueue(send)
        self._streams: dict[str, OperationStream] = {}
        """By operation id. Order: of their `subscribe` messages."""
        self._running = 0
        """The number of queries and mutations that run."""
        self._tasks: set[asyncio.Task[None]] = set()
        """Tasks to cancel when the connection closes."""
        self._authorization: str | None = None
        self._admission: asyncio.Task[None] | None = None
        """Looks up the session while the connection goes on receiving."""
        self._early_messages: list[Message] = []
        """Messages received during the admission."""
        self._is_initialised = False
        self._is_acknowledged = False
        self._is_closing = False
        self._is_ending = False
        self._timer: asyncio.TimerHandle | None = None

    async def run(self, receive: Receive, registered: RegisteredConnection) -> None:
        """Serves the connection until the client or the server closes it."""
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
                    await self._handle(read_message(message, self._app.runner.limits), registered)
                except CloseConnection as closing:
                    self.close(closing.code, closing.reason)
                # A client that reads no answers is not read: each of its messages may add another one.
                await self._send_queue.has_room()
        finally:
            await self._clean_up()

    def put(self, text: str) -> bool:
        return self._is_closing or self._send_queue.put(
            {"type": "websocket.send", "text": text}, len(text)
        )

    def put_unbounded(self, text: str) -> None:
        if not self._is_closing:
            self._send_queue.put_unbounded({"type": "websocket.send", "text": text}, len(text))

    async def drained(self) -> None:
        await self._send_queue.drained()

    def remove_stream(self, stream: OperationStream) -> None:
        if self._streams.get(stream.id) is stream:
            del self._streams[stream.id]
            if self._is_ending:
                self._close_if_answered()

    def close(self, code: int, reason: str) -> None:
        """Ends all operations, and the connection after the queued messages have been written."""
        if self._is_closing:
            return
        self._is_closing = True
        for stream in tuple(self._streams.values()):
            stream.stop()
        if self._admission is not None:
            self._admission.cancel()
        reason = reason.encode()[:MAX_REASON_BYTES].decode(errors="ignore")
        message = {"type": "websocket.close", "code": code, "reason": reason}
        self._send_queue.put_unbounded(message, 0)

    def end(self, ending: CloseReason) -> None:
        """Closes the connection for a reason of the server.

        At shutdown, running queries and mutations get their results first.
        """
        if ending is not CloseReason.SHUTDOWN:
            self.close(messages.close_code(ending.code), ending.message)
            return
        self._is_ending = True
        for stream in tuple(self._streams.values()):
            if stream.is_subscription or stream.queued is not None:
                stream.stop()
                del self._streams[stream.id]
        self._close_if_answered()

    def _close_if_answered(self) -> None:
        if not self._streams:
            self.close(messages.SERVICE_RESTART, CloseReason.SHUTDOWN.message)

    async def _handle(self, message: Message, registered: RegisteredConnection) -> None:
        if message.type == "connection_init":
            self._initialise(message, registered)
        elif self._admission is not None:
            self._keep_early(message)
        else:
            await self._handle_admitted(message)

    async def _handle_admitted(self, message: Message) -> None:
        if message.type == "ping":
            self.put_unbounded(encode_message("pong", message.payload))
        elif message.type == "subscribe":
            await self._subscribe(message)
        elif message.type == "complete":
            stream = self._streams.pop(message.id, None)
            if stream is not None:
                stream.stop()

    def _keep_early(self, message: Message) -> None:
        """Keeps a message until the connection is acknowledged."""
        size = sum(len(each.text) for each in self._early_messages) + len(message.text)
        if len(self._early_messages) >= MAX_QUEUED or size > MAX_QUEUED_CHARACTERS:
            raise CloseConnection(messages.TOO_MANY, "Too many messages before connection_ack")
        self._early_messages.append(message)

    def _initialise(self, message: Message, registered: RegisteredConnection) -> None:
        if self._is_initialised:
            raise CloseConnection(messages.TOO_MANY, "Too many initialisation requests")
        self._is_initialised = True
        self._authorization = messages.authorization_in(message.payload)
        if self._authorization is None:
            self._authorization = _header(self._scope, b"authorization")
        if self._timer is not None:
            self._timer.cancel()
        if self._authorization is None:
            self._acknowledge()
            return
        self._admission = asyncio.create_task(self._admit_viewer(registered, self._authorization))
        self._tasks.add(self._admission)
        self._admission.add_done_callback(self._tasks.discard)

    def _acknowledge(self) -> None:
        self._is_acknowledged = True
        self.put_unbounded(encode_message("connection_ack"))

    async def _admit_viewer(self, registered: RegisteredConnection, authorization: str) -> None:
        ending: CloseConnection | None = None
        try:
            await self._app.connections.admit(registered, authorization)
            if not self._is_closing:
                self._acknowledge()
            # Messages that arrive meanwhile are kept, too, so that they stay in order.
            while self._early_messages and not self._is_closing:
                await self._handle_admitted(self._early_messages.pop(0))
        except CloseConnection as closing:
            ending = closing
        except Exception as failure:  # noqa: BLE001  # the entry is logged if it is a fault
            entry = failure_entries(failure)[0]
            ending = CloseConnection(
                messages.close_code(entry["extensions"]["code"]), entry["message"]
            )
        finally:
            self._admission = None
        if ending is not None:
            self.close(ending.code, ending.reason)

    async def _subscribe(self, message: Message) -> None:
        if not self._is_acknowledged:
            raise CloseConnection(messages.UNAUTHORIZED, "Unauthorized")
        if message.id in self._streams:
            reason = f"Subscriber for {message.id} already exists"
            raise CloseConnection(messages.SUBSCRIBER_EXISTS, reason)
        if self._is_ending:
            return  # Not started: the client sends it again after it has reconnected.
        stream = self._streams[message.id] = OperationStream(self, message.id)
        payload = message.payload or {}
        try:
            request = from_object(payload, message.text.encode(), self._app.runner.limits)
            # Messages behind this one wait while its document is looked up, so that they stay in order.
            operation = await self._app.runner.operation(request, address_of(self._scope))
            self._start_or_queue(stream, operation, request.variables, len(message.text))
        except Exception as failure:  # noqa: BLE001  # the entry is logged if it is a fault
            record = self._begin(None)
            self._fail(stream, failure_entries(failure), record)
            self._app.runner.observer.end(record)

    def _begin(self, operation: DocumentOperation | None) -> RequestRecord:
        return self._app.runner.observer.begin(request_id(self._scope), None, operation)

    def _fail(
        self, stream: OperationStream, entries: list[JSONObject], record: RequestRecord
    ) -> None:
        record.codes = codes_of(entries)
        self._app.runner.refused(record, address_of(self._scope))
        stream.fail(with_request_id(entries, record.request_id))

    def _start_or_queue(
        self,
        stream: OperationStream,
        operation: DocumentOperation,
        variables: JSONObject,
        size: int,
    ) -> None:
        """Starts the operation, or queues it, unless the connection ends. Errors: TOO_MANY_OPERATIONS."""
        if self._is_ending:
            self.remove_stream(stream)
        if self._is_ending or stream.is_over:
            return
        if operation.kind == "subscription":
            others = sum(each.is_subscription for each in self._streams.values())
            if others >= MAX_SUBSCRIPTIONS:
                error = f"{MAX_SUBSCRIPTIONS} subscriptions are open on this connection. Complete one first."
                raise ClientError(error, "TOO_MANY_OPERATIONS")
            stream.is_subscription = True
            self._start(stream, operation, variables)
        elif self._running < MAX_RUNNING:
            self._running += 1
            self._start(stream, operation, variables)
        else:
            queued = [each.queued.size for each in self._streams.values() if each.queued]
            if len(queued) >= MAX_QUEUED or sum(queued) + size > MAX_QUEUED_CHARACTERS:
                error = "Too many operations are queued on this connection. Wait for results first."
                raise ClientError(error, "TOO_MANY_OPERATIONS")
            stream.queued = QueuedOperation(operation, variables, size)

    def _start(
        self, stream: OperationStream, operation: DocumentOperation, variables: JSONObject
    ) -> None:
        task = asyncio.create_task(self._run(stream, operation, variables))
        if not stream.is_subscription:
            # A callback, because a task that is cancelled before its first step runs no `finally`.
            task.add_done_callback(self._start_next)
        if operation.kind == "mutation":
            # A mutation that was started is completed even if the client disconnects.
            self._app.finish(task)
            return
        stream.task = task
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _start_next(self, _: asyncio.Task[None]) -> None:
        """Starts the operation that was queued first, when another has ended."""
        self._running -= 1
        if self._is_closing:
            return
        for stream in self._streams.values():
            if stream.queued is not None:
                queued, stream.queued = stream.queued, None
                self._running += 1
                self._start(stream, queued.operation, queued.variables)
                return

    async def _run(
        self, stream: OperationStream, operation: DocumentOperation, variables: JSONObject
    ) -> None:
        record = self._begin(operation)
        try:
            await self._execute(stream, operation, variables, record)
        except Exception as failure:  # noqa: BLE001  # the entry is logged if it is a fault
            self._fail(stream, failure_entries(failure, operation.name), record)
        finally:
            stream.task = None
            self._app.runner.observer.end(record)
        # An answer that is not read keeps its place: else each queued operation would add another one.
        await self._send_queue.has_room()

    async def _execute(
        self,
        stream: OperationStream,
        operation: DocumentOperation,
        variables: JSONObject,
        record: RequestRecord,
    ) -> None:
        runner = self._app.runner
        context = self._app.context_for(self._authorization, self._scope)
        record.viewer_id = context.viewer_id
        await runner.admit(operation, variables, context)
        record.cost = context.cost
        if operation.kind != "subscription":
            stream.answer(await runner.answer(operation, variables, context, record))
            runner.refused(record, context.address)
            return

        def on_start(subscription: ActiveSubscription) -> None:
            stream.subscription = subscription

        await runner.subscribe(operation, variables, context, stream, on_start=on_start)

    async def _clean_up(self) -> None:
        self._is_closing = True
        if self._timer is not None:
            self._timer.cancel()
        for stream in tuple(self._streams.values()):
            stream.stop()
        self._streams.clear()
        try:
            await cancel_all(*self._tasks)
        finally:
            await self._send_queue.close()


def _header(scope: Scope, name: bytes) -> str | None:
    for found, value in scope["headers"]:
        if found == name:
            return str(value, "latin-1")
    return None
