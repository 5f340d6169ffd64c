"""GraphQL over HTTP, as an ASGI application."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable, Iterable
from hashlib import sha256
from typing import Any, cast

import orjson
from graphql import ExecutionResult
from starlette.types import Receive, Scope, Send

from core.database.usage import USAGE, Usage
from core.errors import JSONObject
from core.graphql.documents import DocumentOperation, DocumentStore
from core.graphql.errors import execution_error_entries
from core.graphql.http.cors import ALLOW, CORSPolicy, check_origin
from core.graphql.http.http_errors import ClientDisconnected, Headers, HTTPError, bad_request
from core.graphql.http.negotiation import (
    EVENTS,
    HTML,
    JSON,
    Accepted,
    accepted,
    check_content_encoding,
    check_content_type,
    not_acceptable,
)
from core.graphql.http.operations import (
    ENDS_WITH_CLIENT,
    ExecutedOperation,
    Page,
    PreparedOperation,
    SubscriptionRequest,
)
from core.graphql.http.requests import (
    GraphQLRequest,
    from_body,
    from_query_string,
    read_body,
    token_in_url,
)
from core.graphql.http.response_cache import ResponseCache
from core.graphql.http.responses import (
    NOSNIFF,
    Response,
    as_event_stream,
    failure_response,
    request_error_response,
    retry_later_response,
    timeout_response,
    with_extensions,
)
from core.graphql.http.shared_timeout import SharedTimeout, SharedTimeoutExpired
from core.graphql.limits.cost_report import (
    REPORT,
    REPORT_HEADER,
    check_answer_size,
    checked_cost,
    cost_report,
)
from core.graphql.limits.limits import check_introspection
from core.graphql.ports import Admission, ContextFor, Execute

ServeStream = Callable[[SubscriptionRequest, Scope, Receive, Send], Awaitable[None]]
"""Answers a subscription with a stream. Errors, all before the response starts: ClientError,
DatabaseUnavailable.
"""

NO_STORE = (b"cache-control", b"no-store")
STREAM_TOKEN = b"x-graphql-event-stream-token"
TRANSPORTS = (
    "A subscription has no single response: use graphql-transport-ws over WebSocket, server-sent "
    "events (`Accept: text/event-stream`), or a multipart response "
    "(`Accept: multipart/mixed;subscriptionSpec=1.0, application/json`)."
)
SINGLE_CONNECTION = (
    "Server-sent events are supported in distinct connections mode only: send each operation in a "
    "separate request, by POST or GET (graphql-sse: `singleConnection: false`)."
)


class GraphQLHTTP:
    """Serves one schema at whatever path it is mounted."""

    def __init__(
        self,
        *,
        documents: DocumentStore,
        execute: Execute,
        context_for: ContextFor,
        stream: ServeStream | None = None,
        response_cache: ResponseCache | None = None,
        private_fields: Iterable[str] = (),
        origins: Iterable[str] = (),
        live_origins: CORSPolicy | None = None,
        page: Page | None = None,
        admission: Admission | None = None,
        headers_for: Callable[[ExecutedOperation], Headers] | None = None,
        extensions_for: Callable[[ExecutedOperation], JSONObject | None] | None = None,
    ) -> None:
        """`stream`: serves subscriptions. `response_cache`: caches responses to anonymous queries.
        `private_fields`: root fields whose values differ between anonymous clients.
        `origins`: of web pages that may call the API. `live_origins`: of those that may subscribe; None: all.
        `page`: answers browsers.
        `admission`: limits what a client may ask within a time.
        `headers_for`, `extensions_for`: additions to each response.
        """
        self._documents = documents
        self._limits = documents.limits
        self._body_timeout = SharedTimeout(self._limits.body_seconds)
        self._execution_timeout = SharedTimeout(self._limits.execution_seconds)
        self._execute = execute
        self._context_for = context_for
        self._serve_stream = stream or _no_streams
        self._response_cache = response_cache
        self._private_fields = frozenset(private_fields)
        self._cross_origin = CORSPolicy(origins)
        self._live_origins = live_origins
        self._page = page
        self._admission = admission
        self._headers_for = headers_for
        self._extensions_for = extensions_for
        # Headers and extensions are made for each response, so its operation must be known.
        self._cache_by_request = None if headers_for or extensions_for else response_cache

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # Few coroutines lie between this one and the database: each of them is resumed whenever
        # a result of the database arrives.
        headers = _headers(scope)
        accepts = accepted(headers.get(b"accept"))
        try:
            request = await self._prepare(scope, headers, accepts, receive)
            if type(request) is not PreparedOperation:
                if type(request) is SubscriptionRequest:
                    await self._serve_stream(request, scope, receive, send)
                    return
                response = cast("Response", request)
            elif request.key is None:
                response, _ = await self._execute_operation(request)
            else:
                response = await self._cached_response(request, request.key)
        except ClientDisconnected:
            return
        except Exception as failure:  # noqa: BLE001  # answered; logged if it is a fault
            response = failure_response(failure, accepts.media_type)
        status, media_type, body, more = response
        if media_type is EVENTS:
            body = as_event_stream(body)
        fields = [NO_STORE, NOSNIFF, *self._cross_origin.headers(headers.get(b"origin")), *more]
        if status != 204:
            fields.append((b"content-type", media_type))
            fields.append((b"content-length", b"%d" % len(body)))
        await send({"type": "http.response.start", "status": status, "headers": fields})
        await send({"type": "http.response.body", "body": body})

    async def _prepare(
        self, scope: Scope, headers: dict[bytes, bytes], accepts: Accepted, receive: Receive
    ) -> PreparedOperation | SubscriptionRequest | Response:
        """The requested operation, or the response if there is nothing to execute. Errors: ClientError."""
        method = scope["method"]
        if method != "POST":
            response = self._response_without_operation(method, headers, accepts)
            if response is not None:
                return response
        if STREAM_TOKEN in headers:
            raise bad_request(SINGLE_CONNECTION)
        if accepts.media_type is None:
            raise not_acceptable()
        authorization = headers.get(b"authorization")
        if method == "GET":
            request = from_query_string(scope["query_string"], self._limits)
            if authorization is None and accepts.stream_type is EVENTS:
                authorization = token_in_url(scope["query_string"])
        else:
            check_content_type(headers.get(b"content-type"))
            check_content_encoding(headers.get(b"content-encoding"))
            length = headers.get(b"content-length")
            body = await read_body(receive, length, self._limits, self._body_timeout)
            if (
                self._cache_by_request is not None
                and authorization is None
                and REPORT_HEADER not in headers
            ):
                cached = self._cache_by_request.find_by_request(body)
                if cached is not None:
                    return Response(200, accepts.media_type, cached)
            request = from_body(body, self._limits)
        document = await self._documents.of_request(request.digest, request.query)
        if document.errors:
            return request_error_response(document.errors, accepts.media_type)
        operation = document.operation(request.operation_name)
        cost = checked_cost(operation, request.variables, self._limits)
        reports_cost = self._limits.reports_cost or headers.get(REPORT_HEADER) == REPORT
        if operation.kind == "subscription":
            if accepts.stream_type is None:
                raise _streams_unsupported()
            return self._subscription(
                operation, request, authorization, headers, accepts.stream_type
            )
        return self._query_or_mutation(
            operation,
            request,
            accepts.media_type,
            scope,
            authorization,
            cost,
            reports_cost=reports_cost,
        )

    def _response_without_operation(
        self, method: str, headers: dict[bytes, bytes], accepts: Accepted
    ) -> Response | None:
        """The response to a method other than POST; None if GET requests an operation. Errors: 405."""
        if method == "OPTIONS":
            requested = headers.get(b"access-control-request-headers")
            fields = self._cross_origin.preflight(headers.get(b"origin"), requested)
            return Response(204, JSON, b"", fields)
        if method != "GET":
            message = "Use POST or, for queries and subscriptions, GET."
            if STREAM_TOKEN in headers or method == "PUT":
                message = f"{message} {SINGLE_CONNECTION}"
            raise HTTPError(message, "METHOD_NOT_ALLOWED", (ALLOW,))
        if self._page is not None and accepts.is_page_preferred:
            more = (*self._page.headers, (b"vary", b"accept"))
            return Response(200, HTML, self._page.body, more)
        return None

    def _query_or_mutation(
        self,
        operation: DocumentOperation,
        request: GraphQLRequest,
        media_type: bytes,
        scope: Scope,
        authorization: bytes | None,
        cost: int,
        *,
        reports_cost: bool,
    ) -> PreparedOperation:
        key = None
        if operation.kind == "query":
            if operation.introspects:
                check_introspection(self._limits, is_anonymous=authorization is None)
            scope[ENDS_WITH_CLIENT] = True
            if (
                self._response_cache is not None
                and authorization is None
                and self._private_fields.isdisjoint(operation.root_fields)
            ):
                key = (operation, _digest(request.variables))
                if self._cache_by_request is not None and scope["method"] == "POST":
                    self._cache_by_request.remember_request(request.source, key)
        elif scope["method"] == "GET":
            message = "Send mutations by POST."
            raise HTTPError(message, "METHOD_NOT_ALLOWED", ((b"allow", b"POST"),))
        return PreparedOperation(
            operation,
            request.variables,
            media_type,
            scope,
            authorization,
            key,
            cost,
            reports_cost,
        )

    def _subscription(
        self,
        operation: DocumentOperation,
        request: GraphQLRequest,
        authorization: bytes | None,
        headers: dict[bytes, bytes],
        media_type: bytes,
    ) -> SubscriptionRequest:
        check_origin(self._live_origins, headers.get(b"origin"))
        return SubscriptionRequest(
            operation,
            request.variables,
            None if authorization is None else authorization.decode("latin-1"),
            headers.get(b"last-event-id", b"").decode("latin-1") or None,
            media_type,
            (NO_STORE, NOSNIFF, *self._cross_origin.headers(headers.get(b"origin"))),
        )

    async def _cached_response(self, prepared: PreparedOperation, key: Hashable) -> Response:
        """The response from the cache or from an execution in progress; else executes and caches it."""
        cache = cast("ResponseCache", self._response_cache)
        body = cache.find(key) or await cache.pending(key)
        if body is not None:
            return self._response(prepared, body, None, None, None)
        return await cache.execute(key, lambda: self._execute_operation(prepared))

    async def _execute_operation(
        self, prepared: PreparedOperation
    ) -> tuple[Response, bytes | None]:
        """The response and, if there are no errors, the body to cache."""
        operation, variables, media_type, scope, authorization, _, cost, _ = prepared
        context = self._context_for(
            None if authorization is None else authorization.decode("latin-1"), scope
        )
        if hasattr(context, "__await__"):
            context = await context
        admission = self._admission
        if admission is not None:
            wait = admission.admit(operation, cost, context)
            if wait is not None:
                await wait
        usage = Usage()
        USAGE.set(usage)
        result = self._execute(operation.document, operation.name, variables, context)
        if not isinstance(result, ExecutionResult):
            try:
                result = await self._execution_timeout.wait_for(result)
            except SharedTimeoutExpired:
                return timeout_response(self._limits.execution_seconds, media_type), None
        if admission is not None:
            admission.settle(operation, cost, usage, context)
        errors = result.errors
        if not errors:
            body = orjson.dumps({"data": result.data})
            check_answer_size(len(body), self._limits)
            return self._response(prepared, body, usage, context, result), body
        entries = execution_error_entries(errors, operation.name)
        if result.data is None:
            retry_later = retry_later_response(entries, media_type)
            if retry_later is not None:
                return retry_later, None
            if all(error.path is None for error in errors):
                return request_error_response(entries, media_type), None
        body = orjson.dumps({"errors": entries, "data": result.data})
        check_answer_size(len(body), self._limits)
        return self._response(prepared, body, usage, context, result), None

    def _response(
        self,
        prepared: PreparedOperation,
        body: bytes,
        usage: Usage | None,
        context: Any,
        result: ExecutionResult | None,
    ) -> Response:
        """The response with additional headers and extensions. `usage`: None for a cached body."""
        extensions = result.extensions if result is not None else None
        if prepared.reports_cost:
            report = cost_report(prepared.operation, prepared.cost, usage, self._limits)
            extensions = {**(extensions or {}), **report}
        headers: Headers = ()
        if self._headers_for is not None or self._extensions_for is not None:
            executed = ExecutedOperation(prepared.operation, prepared.variables, context, result)
            if self._headers_for is not None:
                headers = self._headers_for(executed)
            if self._extensions_for is not None:
                extensions = {**(extensions or {}), **(self._extensions_for(executed) or {})}
        if extensions:
            body = with_extensions(body, extensions)
        return Response(200, prepared.media_type, body, headers)


def _streams_unsupported() -> HTTPError:
    return bad_request(TRANSPORTS, "SUBSCRIPTION_NOT_SUPPORTED")


async def _no_streams(*_: Any) -> None:
    raise _streams_unsupported()


def _digest(variables: JSONObject) -> bytes:
    """A hash of the variables, so that a cache key has a fixed size."""
    return sha256(orjson.dumps(variables, option=orjson.OPT_SORT_KEYS)).digest()


def _headers(scope: Scope) -> dict[bytes, bytes]:
    """The request's header fields. Repeated fields are joined with commas (RFC 9110, section 5.3)."""
    fields = scope["headers"]
    headers: dict[bytes, bytes] = dict(fields)
    if len(headers) < len(fields):
        headers = {}
        for name, value in fields:
            headers[name] = headers[name] + b", " + value if name in headers else value
    return headers
