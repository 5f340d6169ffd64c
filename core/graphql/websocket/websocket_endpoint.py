"""GraphQL over WebSocket: graphql-transport-ws, as an ASGI application."""

from __future__ import annotations

import asyncio

from starlette.types import Receive, Scope, Send

from core.errors import ClientError
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
        initialisation_seconds: float = INITIALISATION_SECONDS,
    ) -> None:
        """`initialisation_seconds`: how long a client may take to say `connection_init`."""
        self.runner = runner
        self.connections = connections
        self.context_for = context_for
        self.initialisation_seconds = initialisation_seconds
        self._unfinished: set[asyncio.Task[None]] = set()

    def finish(self, task: asyncio.Task[None]) -> None:
        """Holds a task that is to be finished whatever becomes of its connection."""
        self._unfinished.add(task)
        task.add_done_callback(self._unfinished.discard)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        if SUBPROTOCOL not in scope["subprotocols"]:
            await _turn_away(send, SUBPROTOCOL_NOT_ACCEPTABLE, "Subprotocol not acceptable")
            return
        connection = WebSocketConnection(self, scope, send)
        client = scope.get("client")
        try:
            entered = self.connections.enter(client and client[0], connection.end)
        except ClientError as error:
            await _turn_away(send, close_code(error.code), error.message)
            return
        try:
            await connection.run(receive, entered)
        finally:
            self.connections.leave(entered)


async def _turn_away(send: Send, code: int, reason: str) -> None:
    """Opens the connection only to say why it is closed; a refused handshake says nothing."""
    await send({"type": "websocket.accept"})
    await send({"type": "websocket.close", "code": code, "reason": reason})
