"""Serves subscriptions over HTTP as streamed responses."""

from __future__ import annotations

import asyncio

from starlette.types import Receive, Scope, Send

from core.context import Context
from core.graphql.errors import with_request_id
from core.graphql.http.operations import SubscriptionRequest
from core.graphql.http.requests import address_of
from core.graphql.live.connection_registry import ConnectionRegistry
from core.graphql.live.subscription_runner import (
    ActiveSubscription,
    SubscriptionRunner,
    cancel_all,
    failure_entries,
)
from core.graphql.ports import ContextFor
from core.graphql.request_record import codes_of
from core.graphql.streams.response_stream import ResponseStream
from core.graphql.streams.stream_formats import FORMATS

HEARTBEAT_SECONDS = 12.0
IS_STREAM = "feed.is_stream"
"""A key in the scope of a request whose response has no end of its own."""


class StreamEndpoint:
    """Serves the subscriptions of one schema as streamed responses."""

    def __init__(
        self,
        *,
        runner: SubscriptionRunner,
        connections: ConnectionRegistry,
        context_for: ContextFor,
        heartbeat_seconds: float = HEARTBEAT_SECONDS,
    ) -> None:
        """`heartbeat_seconds`: the interval between heartbeats."""
        self._runner = runner
        self._connections = connections
        self._context_for = context_for
        self._heartbeat_seconds = heartbeat_seconds

    async def serve(
        self, request: SubscriptionRequest, scope: Scope, receive: Receive, send: Send
    ) -> None:
        """Sends results until the server or the client ends the stream.

        Errors: ClientError, DatabaseUnavailable, both before the response starts. Errors of the
        operation are sent in the stream.
        """
        scope[IS_STREAM] = True
        context = self._context_for(request.authorization, scope)
        await self._runner.admit(request.operation, request.variables, context)
        stream = ResponseStream(send, FORMATS[request.media_type], self._heartbeat_seconds)
        connection = self._connections.register(address_of(scope), stream.end)
        disconnect = asyncio.create_task(_end_at_disconnect(receive, stream))
        tasks = [disconnect]
        try:
            if request.authorization is not None:
                admission = self._connections.admit(connection, request.authorization)
                tasks.append(asyncio.create_task(admission))
                await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
                if disconnect.done():
                    return
                await tasks[-1]
            await stream.open(
                [
                    *request.headers,
                    (b"content-type", request.media_type),
                    (b"x-accel-buffering", b"no"),
                ]
            )
            tasks.append(asyncio.create_task(self._subscribe(stream, request, context)))
            await stream.over.wait()
        finally:
            try:
                await cancel_all(*tasks)
                await stream.close()
            finally:
                self._connections.unregister(connection)

    async def _subscribe(
        self, stream: ResponseStream, request: SubscriptionRequest, context: Context
    ) -> None:
        """Starts the subscription; its topic then sends the events."""

        def on_start(subscription: ActiveSubscription) -> None:
            stream.subscription = subscription

        record = request.record
        record.status, record.viewer_id = 200, context.viewer_id
        try:
            await self._runner.subscribe(
                request.operation,
                request.variables,
                context,
                stream,
                on_start=on_start,
                resume=request.last_event_id,
            )
        except Exception as failure:  # noqa: BLE001  # sent; logged if it is a fault
            entries = failure_entries(failure, request.operation.name)
            record.codes = codes_of(entries)
            self._runner.refused(record, context.address)
            stream.fail(with_request_id(entries, record.request_id))
        finally:
            self._runner.observer.end(record)


async def _end_at_disconnect(receive: Receive, stream: ResponseStream) -> None:
    """Ends the stream when the client disconnects."""
    while (await receive())["type"] != "http.disconnect":
        pass
    stream.over.set()
