"""GraphQL over WebSocket (graphql-transport-ws), as an ASGI application."""

from __future__ import annotations

import asyncio

from starlette.types import Receive, Scope, Send

from core.errors import ClientError
from core.graphql.http.cors import CORSPolicy, check_origin
from core.graphql.http.http_errors import HTTPError
from core.graphql.http.negotiation import JSON
from core.graphql.http.request_ids import request_id
from core.graphql.http.requests import address_of
from core.graphql.http.responses import NOSNIFF, failure_response
from core.graphql.live.connection_registry import ConnectionRegistry
from core.graphql.live.subscription_runner import SubscriptionRunner
from core.graphql.ports import ContextFor
from core.graphql.websocket.messages import SUBPROTOCOL, SUBPROTOCOL_NOT_ACCEPTABLE, close_code
from core.graphql.websocket.websocket_connection import WebSocketConnection

INITIALISATION_SECONDS = 10.0


class GraphQLWebSocket:
    """Serves one schema at whatever path it is mounted."""

    def __init__(
        self,
        *,
        runner: SubscriptionRunner,
        connections: ConnectionRegistry,
        context_for: ContextFor,
        origins: CORSPolicy | None = None,
        initialisation_seconds: float = INITIALISATION_SECONDS,
    ) -> None:
        """`origins`: of web pages that may connect; None: all.
        `initialisation_seconds`: the timeout for the client's `connection_init`."""
        self.runner = runner
        self.connections = connections
        self.context_for = context_for
        self._origins = origins
        self.initialisation_seconds = initialisation_seconds
        self._unfinished: set[asyncio.Task[None]] = set()

    def finish(self, task: asyncio.Task[None]) -> None:
        self._unfinished.add(task)
        task.add_done_callback(self._unfinished.discard)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        try:
            check_origin(self._origins, dict(scope["headers"]).get(b"origin"))
        except HTTPError as refused:
            await _refuse_handshake(scope, send, refused)
            return
        if SUBPROTOCOL not in scope["subprotocols"]:
            await _reject(send, SUBPROTOCOL_NOT_ACCEPTABLE, "Subprotocol not acceptable")
            return
        connection = WebSocketConnection(self, scope, send)
        try:
            registered = self.connections.register(address_of(scope), connection.end)
        except ClientError as error:
            await _reject(send, close_code(error.code), error.message)
            return
        try:
            await connection.run(receive, registered)
        finally:
            self.connections.unregister(registered)


async def _refuse_handshake(scope: Scope, send: Send, error: HTTPError) -> None:
    """Answers the handshake as an HTTP request."""
    status, media_type, body, headers, *_ = failure_response(
        error, JSON, request_id(scope), draft=False
    )
    length = (b"content-length", b"%d" % len(body))
    fields = [(b"content-type", media_type), length, NOSNIFF, *headers]
    await send({"type": "websocket.http.response.start", "status": status, "headers": fields})
    await send({"type": "websocket.http.response.body", "body": body})


async def _reject(send: Send, code: int, reason: str) -> None:
    """Accepts the connection to close it with a code and a reason; a rejected handshake has neither."""
    await send({"type": "websocket.accept"})
    await send({"type": "websocket.close", "code": code, "reason": reason})
