"""Subscriptions as streams of server-sent events."""

from __future__ import annotations

import asyncio

from starlette.types import Receive, Scope, Send

from core.context import Context
from core.graphql.http.endpoint import SubscriptionRequest
from core.graphql.http.negotiation import EVENTS
from core.graphql.live.connection_registry import ConnectionRegistry
from core.graphql.live.subscription_runner import (
    ActiveSubscription,
    SubscriptionRunner,
    cancelled,
    failure_entries,
)
from core.graphql.ports import ContextFor
from core.graphql.sse.event_stream import EventStream

HEARTBEAT_SECONDS = 12.0


class EventStreams:
    """Serves the subscriptions of one schema that come by HTTP."""

    def __init__(
        self,
        *,
        runner: SubscriptionRunner,
        connections: ConnectionRegistry,
        context_for: ContextFor,
        heartbeat_seconds: float = HEARTBEAT_SECONDS,
    ) -> None:
        """`heartbeat_seconds`: between signs of life."""
        self._runner = runner
        self._connections = connections
        self._context_for = context_for
        self._heartbeat_seconds = heartbeat_seconds

    async def serve(
        self, asked: SubscriptionRequest, scope: Scope, receive: Receive, send: Send
    ) -> None:
        """Answers until either side ends the stream.

        Errors: ClientError, DatabaseUnavailable, both before the response is begun. What is wrong
        with the operation is told in the stream.
        """
        context = self._context_for(asked.authorization, scope)
        stream = EventStream(send, self._heartbeat_seconds)
        client = scope.get("client")
        connection = self._connections.enter(client and client[0], stream.end)
        leaving = asyncio.create_task(_watch(receive, stream))
        tasks = [leaving]
        try:
            if asked.authorization is not None:
                admitting = self._connections.admit(connection, asked.authorization)
                tasks.append(asyncio.create_task(admitting))
                await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
                if leaving.done():
                    return
                await tasks[-1]
            await stream.open(
                [*asked.headers, (b"content-type", EVENTS), (b"x-accel-buffering", b"no")]
            )
            tasks.append(asyncio.create_task(self._run(stream, asked, context)))
            await stream.over.wait()
        finally:
            try:
                await cancelled(*tasks)
                await stream.close()
            finally:
                self._connections.leave(connection)

    async def _run(self, stream: EventStream, asked: SubscriptionRequest, context: Context) -> None:
        """Begins the subscription, which goes on by itself."""

        def begun(subscription: ActiveSubscription) -> None:
            stream.subscription = subscription

        try:
            await self._runner.subscribe(
                asked.operation,
                asked.variables,
                context,
                stream,
                begun=begun,
                resume=asked.last_event_id,
            )
        except Exception as failure:  # noqa: BLE001  # told; logged if it is a fault
            stream.fail(failure_entries(failure, asked.operation.name))


async def _watch(receive: Receive, stream: EventStream) -> None:
    """Ends the stream when the client goes away."""
    while (await receive())["type"] != "http.disconnect":
        pass
    stream.over.set()
