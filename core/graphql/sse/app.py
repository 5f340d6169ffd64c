"""GraphQL over server-sent events, as an ASGI application."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from urllib.parse import parse_qs

import orjson
from starlette.types import Receive, Scope, Send

from core.graphql.documents import Operation
from core.graphql.errors import ClientError
from core.graphql.http.cors import ALLOW, CrossOrigin
from core.graphql.http.negotiation import check_content_encoding, check_content_type
from core.graphql.http.patience import Patience
from core.graphql.http.refusals import ClientGone, Headers, Refusal, turned_away
from core.graphql.http.replies import faulted, refused
from core.graphql.http.requests import GraphQLRequest, from_body, from_query_string, read_body
from core.graphql.live.access import OpenConnections
from core.graphql.live.operations import LiveRunner, Refused, Subscription, failure_entries
from core.graphql.sse.stream import EventStream
from core.graphql.websocket.app import ContextFor

HEARTBEAT_SECONDS = 12.0
EVENT_STREAM = b"text/event-stream"
REFUSED_AS_A_WHOLE = frozenset({"TOKEN_EXPIRED", "TOKEN_INVALID"})


def wants_events(scope: Scope) -> bool:
    """Whether the request asks for a stream of events."""
    for name, value in scope["headers"]:  # noqa: SIM110  # every request asks; a generator takes four times as long
        if name == b"accept" and EVENT_STREAM in value:
            return True
    return False


class GraphQLEvents:
    """Serves one schema at whatever path it is mounted."""

    def __init__(
        self,
        *,
        runner: LiveRunner,
        connections: OpenConnections,
        context_for: ContextFor,
        origins: Iterable[str] = (),
        heartbeat_seconds: float = HEARTBEAT_SECONDS,
    ) -> None:
        """`origins`: of web pages that may call. `heartbeat_seconds`: between signs of life."""
        self._runner = runner
        self._connections = connections
        self._context_for = context_for
        self._cross_origin = CrossOrigin(origins)
        self._heartbeat_seconds = heartbeat_seconds
        self._patience = Patience(runner.limits.body_seconds)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = dict(scope["headers"])
        cross_origin = self._cross_origin.headers(headers.get(b"origin"))
        stream = EventStream(send, self._heartbeat_seconds)
        client = scope.get("client")
        try:
            entered = self._connections.enter(client and client[0], stream.end)
        except ClientError as error:
            await _turn_away(send, error, cross_origin)
            return
        try:
            request = await self._request(scope, headers, receive)
            authorization = _authorization(scope, headers)
            self._context_for(authorization, scope)  # Refuses a token that is no good.
            if authorization is not None and self._subscribes(request):
                await self._connections.admit(entered, authorization)
            await stream.open(
                [
                    (b"content-type", b"text/event-stream; charset=utf-8"),
                    (b"cache-control", b"no-store"),
                    (b"x-accel-buffering", b"no"),
                    *cross_origin,
                ]
            )
            running = asyncio.create_task(self._run(stream, request, authorization, scope, headers))
            leaving = asyncio.create_task(_watch(receive, stream))
            try:
                await stream.over.wait()
            finally:
                running.cancel()
                leaving.cancel()
        except ClientGone:
            return
        except Exception as failure:  # noqa: BLE001  # answered; logged if it is a fault
            await _turn_away(send, failure, cross_origin)
        finally:
            try:
                await stream.close()
            finally:
                self._connections.leave(entered)

    async def _request(
        self, scope: Scope, headers: dict[bytes, bytes], receive: Receive
    ) -> GraphQLRequest:
        limits = self._runner.limits
        if scope["method"] == "GET":
            return from_query_string(scope["query_string"], limits)
        if scope["method"] != "POST":
            said = "Streams of events are served by GET and POST."
            raise Refusal(405, said, "METHOD_NOT_ALLOWED", (ALLOW,))
        check_content_type(headers.get(b"content-type"))
        check_content_encoding(headers.get(b"content-encoding"))
        length = headers.get(b"content-length")
        return from_body(await read_body(receive, length, limits, self._patience), limits)

    def _subscribes(self, request: GraphQLRequest) -> bool:
        """Whether a subscription is asked for. What is wrong with the request is told later."""
        with suppress(ClientError, Refused):
            return self._runner.operation(request).kind == "subscription"
        return False

    async def _run(
        self,
        stream: EventStream,
        request: GraphQLRequest,
        authorization: str | None,
        scope: Scope,
        headers: dict[bytes, bytes],
    ) -> None:
        """Begins the operation. What is wrong with it is told in the stream."""

        def begun(subscription: Subscription) -> None:
            stream.subscription = subscription

        try:
            operation = self._runner.operation(request)
            _check_method(scope, operation)
            context = self._context_for(authorization, scope)
            if operation.kind != "subscription":
                answer = await self._runner.answer(operation, request.variables, context)
                stream.answer(orjson.dumps(answer).decode())
                return
            last = headers.get(b"last-event-id", b"").decode("latin-1")
            await self._runner.subscribe(
                operation, request.variables, context, stream, begun=begun, resume=last or None
            )
        except Exception as failure:  # noqa: BLE001  # told; logged if it is a fault
            stream.fail(failure_entries(failure, request.operation_name))


def _check_method(scope: Scope, operation: Operation) -> None:
    if operation.kind == "mutation" and scope["method"] == "GET":
        raise ClientError("Mutations are served by POST only.", "METHOD_NOT_ALLOWED")


async def _watch(receive: Receive, stream: EventStream) -> None:
    """Ends the stream when the client goes away."""
    while (await receive())["type"] != "http.disconnect":
        pass
    stream.over.set()


async def _turn_away(send: Send, failure: Exception, cross_origin: Headers) -> None:
    """Answers a request for which there is no stream."""
    if isinstance(failure, ClientError) and failure.code in REFUSED_AS_A_WHOLE:
        failure = ClientError(failure.message, "UNAUTHENTICATED")
    refusal = turned_away(failure) if isinstance(failure, ClientError) else None
    reply = faulted(failure) if refusal is None else refused(refusal, None)
    fields = [
        (b"content-type", reply.media_type),
        (b"content-length", b"%d" % len(reply.body)),
        (b"cache-control", b"no-store"),
        *cross_origin,
        *reply.headers,
    ]
    await send({"type": "http.response.start", "status": reply.status, "headers": fields})
    await send({"type": "http.response.body", "body": reply.body})


def _authorization(scope: Scope, headers: dict[bytes, bytes]) -> str | None:
    """The Authorization header, or what stands in for it where a browser can't set one.

    Source of `access_token`: RFC 6750, section 2.3.
    """
    sent = headers.get(b"authorization")
    if sent is not None:
        return sent.decode("latin-1")
    if scope["method"] == "GET":
        with suppress(ValueError, UnicodeDecodeError):
            tokens = parse_qs(scope["query_string"].decode("ascii"), max_num_fields=100).get(
                "access_token", ()
            )
            if tokens:
                return f"Bearer {tokens[0]}"
    return None
