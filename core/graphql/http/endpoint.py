"""GraphQL over HTTP, as an ASGI application."""

from __future__ import annotations

from asyncio import CancelledError
from collections.abc import Awaitable, Callable, Hashable, Iterable
from math import inf
from time import perf_counter
from typing import cast

from starlette.types import Receive, Scope, Send

from core.documents.identifiers import is_hash
from core.graphql.document import DocumentOperation
from core.graphql.document_store import DocumentStore
from core.graphql.http.compression import compressed
from core.graphql.http.conditional import cacheable
from core.graphql.http.cors import CORSPolicy, check_origin
from core.graphql.http.http_errors import (
    ClientDisconnected,
    Headers,
    bad_request,
    mutation_without_post,
)
from core.graphql.http.negotiation import (
    EVENTS,
    HTML,
    JSON,
    SINGLE_CONNECTION,
    Accepted,
    accepted,
    check_content,
    method_not_allowed,
    not_acceptable,
    streams_unsupported,
)
from core.graphql.http.operation_executor import OperationExecutor
from core.graphql.http.operations import (
    ENDS_WITH_CLIENT,
    ExecutedOperation,
    HTMLPage,
    PreparedOperation,
    SubscriptionRequest,
)
from core.graphql.http.request_ids import HEADER, request_id
from core.graphql.http.requests import (
    GraphQLRequest,
    address_of,
    from_body,
    from_query_string,
    read_body,
    received_body,
    request_headers,
    token_in_url,
)
from core.graphql.http.response_cache import ResponseCache, response_key
from core.graphql.http.responses import (
    NO_STORE,
    NOSNIFF,
    PRIVATE,
    STREAMS,
    Response,
    failure_response,
    messages,
    request_error_response,
)
from core.graphql.http.shared_timeout import SharedTimeout
from core.graphql.limits.cost_report import (
    REPORT,
    REPORT_HEADER,
    check_introspection,
    checked_cost,
)
from core.graphql.ports import Admission, ContextFor, Execute
from core.graphql.request_record import CLIENT_GONE, Observer, RequestRecord

ServeStream = Callable[[SubscriptionRequest, Scope, Receive, Send], Awaitable[None]]
"""Answers a subscription with a stream. Errors, before the response starts: ClientError, DatabaseUnavailable."""
STREAM_TOKEN = b"x-graphql-event-stream-token"


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
        uncached_fields: Iterable[str] = (),
        origins: Iterable[str] = (),
        live_origins: CORSPolicy | None = None,
        page: HTMLPage | None = None,
        admission: Admission | None = None,
        observer: Observer | None = None,
        compress_from: int = 0,
        headers_for: Callable[[ExecutedOperation], Headers] | None = None,
        draft_statuses: bool = False,
    ) -> None:
        """`stream`: serves subscriptions. `response_cache`: caches responses to anonymous queries.
        `uncached_fields`: root fields whose values differ between anonymous clients, or must be those of now.
        `origins`: of web pages that may call the API. `live_origins`: of those that may subscribe; None: all.
        `page`: answers browsers. `admission`: limits what a client may ask within a time.
        `observer`: for metrics, logs and traces. `headers_for`: further headers of each response.
        `compress_from`: bytes from which a response is compressed for clients that accept it; 0 for never.
        `draft_statuses`: whether statuses are those of the draft of 2026.
        """
        self._documents = documents
        self._limits = documents.limits
        self._body_timeout = SharedTimeout(self._limits.body_seconds)
        self._serve_stream = stream
        self._response_cache = response_cache
        self._uncached_fields = frozenset(uncached_fields)
        self._cross_origin = CORSPolicy(origins)
        self._live_origins = live_origins
        self._page = page
        self._admission = admission or Admission()
        self._observer = observer or Observer()
        self._compress_from = compress_from or inf
        self._draft = draft_statuses
        self._executor = OperationExecutor(
            self._limits,
            execute=execute,
            context_for=context_for,
            admission=self._admission,
            headers_for=headers_for,
            draft_statuses=draft_statuses,
        )
        # Headers are made for each response.
        self._cache_by_request = None if headers_for else response_cache

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # Few coroutines lie between this one and the database: a result of the database resumes each of them.
        headers = request_headers(scope)
        record = self._observer.begin(request_id(scope), headers.get(b"traceparent"))
        accepts = accepted(headers.get(b"accept"))
        try:
            request = await self._prepare(scope, headers, accepts, receive, record)
            if type(request) is not PreparedOperation:
                if type(request) is SubscriptionRequest:
                    await cast("ServeStream", self._serve_stream)(request, scope, receive, send)
                    return
                response = cast("Response", request)
            elif request.key is None:
                response, _ = await self._executor.execute(request)
            else:
                response = await self._cached_response(request, request.key, headers)
        except ClientDisconnected:
            return
        except CancelledError:
            if scope.get(ENDS_WITH_CLIENT):
                record.status = CLIENT_GONE
                self._observer.end(record)
            raise
        except Exception as failure:  # noqa: BLE001  # answered; logged if it is a fault
            response = failure_response(
                failure, accepts.media_type, record.request_id, draft=self._draft
            )
        status, media_type, body, more, record.codes, caching = response
        if record.codes:
            self._admission.refused(record, address_of(scope))
        fields = [*self._common_fields(headers, record, caching), *more]
        body = STREAMS[media_type] % body if media_type in STREAMS else body
        if len(body) >= self._compress_from and media_type not in STREAMS:
            body, encoding = compressed(body, headers.get(b"accept-encoding"))
            fields += encoding
        if status not in {204, 304}:
            fields += ((b"content-type", media_type), (b"content-length", b"%d" % len(body)))
        for message in messages(scope, status, fields, body):
            await send(message)
        record.status = status
        self._observer.end(record)

    async def _prepare(
        self,
        scope: Scope,
        headers: dict[bytes, bytes],
        accepts: Accepted,
        receive: Receive,
        record: RequestRecord,
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
            check_content(headers)
            body = received_body(scope, self._limits) or await read_body(
                receive, headers.get(b"content-length"), self._limits, self._body_timeout
            )
            if method == "POST" and authorization is None:
                response = self._response_by_body(body, headers, accepts.media_type, record)
                if response is not None:
                    return response
            request = from_body(body, self._limits)
        began = perf_counter()
        document = self._documents.known(
            request.query, request.identifier
        ) or await self._documents.look_up(request.query, request.identifier, address_of(scope))
        record.part_ended("document", began)
        if document.errors:
            return request_error_response(
                document.errors, accepts.media_type, record.request_id, draft=self._draft
            )
        operation = record.operation = document.operation(request.operation_name)
        record.cost = checked_cost(operation, request.variables, self._limits)
        if operation.kind == "subscription":
            return self._subscription(
                operation, request, authorization, headers, accepts.stream_type, record
            )
        if method != "POST" and operation.kind == "mutation":
            raise mutation_without_post(method)
        check_introspection(operation, self._limits, is_anonymous=authorization is None)
        scope[ENDS_WITH_CLIENT] = operation.kind == "query"
        return PreparedOperation(
            operation,
            request.variables,
            accepts.media_type,
            scope,
            authorization,
            self._cache_key(operation, request, method) if authorization is None else None,
            record,
            self._limits.reports_cost or headers.get(REPORT_HEADER) == REPORT,
        )

    def _response_without_operation(
        self, method: str, headers: dict[bytes, bytes], accepts: Accepted
    ) -> Response | None:
        """The response to a method other than POST; None if it requests an operation. Errors: 405."""
        if method == "QUERY":
            return None
        if method == "OPTIONS":
            requested = headers.get(b"access-control-request-headers")
            fields = self._cross_origin.preflight(headers.get(b"origin"), requested)
            return Response(204, JSON, b"", fields)
        if method != "GET":
            raise method_not_allowed(single_connection=STREAM_TOKEN in headers or method == "PUT")
        if self._page is not None and accepts.is_page_preferred:
            more = (*self._page.headers, (b"vary", b"accept"))
            return Response(200, HTML, self._page.body, more)
        return None

    def _response_by_body(
        self, body: bytes, headers: dict[bytes, bytes], media_type: bytes, record: RequestRecord
    ) -> Response | None:
        """The cached response to an anonymous request that was sent before in the same bytes."""
        cache = self._cache_by_request
        if cache is None or REPORT_HEADER in headers:
            return None
        key = cache.key_of_request(body)
        if key is None:
            return None
        operation, cached = key[0](), cache.find(key)
        if operation is None or cached is None:
            return None
        record.operation, record.is_cached = operation, True
        return Response(200, media_type, cached)

    def _cache_key(
        self, operation: DocumentOperation, request: GraphQLRequest, method: str
    ) -> Hashable | None:
        """The key of an anonymous client's operation in the response cache; None if it must not be cached."""
        if (
            self._response_cache is None
            or operation.kind != "query"
            or not self._uncached_fields.isdisjoint(operation.cost.root_fields)
        ):
            return None
        key = response_key(operation, request.variables)
        # A name may get another document; a text and its hash can't.
        is_fixed = request.identifier is None or is_hash(request.identifier)
        if self._cache_by_request is not None and is_fixed and method == "POST":
            self._cache_by_request.remember_request(request.source, key)
        return key

    def _subscription(
        self,
        operation: DocumentOperation,
        request: GraphQLRequest,
        authorization: bytes | None,
        headers: dict[bytes, bytes],
        media_type: bytes | None,
        record: RequestRecord,
    ) -> SubscriptionRequest:
        if media_type is None or self._serve_stream is None:
            raise streams_unsupported()
        check_origin(self._live_origins, headers.get(b"origin"))
        return SubscriptionRequest(
            operation,
            request.variables,
            None if authorization is None else authorization.decode("latin-1"),
            headers.get(b"last-event-id", b"").decode("latin-1") or None,
            media_type,
            self._common_fields(headers, record, (NO_STORE,)),
            record,
        )

    def _common_fields(
        self, headers: dict[bytes, bytes], record: RequestRecord, caching: Headers
    ) -> list[tuple[bytes, bytes]]:
        """The header fields of every response. `caching`: without any, it must not be kept."""
        return [
            *(caching or (PRIVATE if b"authorization" in headers else NO_STORE,)),
            NOSNIFF,
            (HEADER, record.request_id.encode()),
            *self._cross_origin.headers(headers.get(b"origin")),
        ]

    async def _cached_response(
        self, prepared: PreparedOperation, key: Hashable, headers: dict[bytes, bytes]
    ) -> Response:
        """The response from the cache or from an execution in progress; else executes and caches it."""
        cache = cast("ResponseCache", self._response_cache)
        body = cache.find(key) or await cache.pending(key)
        if body is not None:
            prepared.record.is_cached = True
            response = self._executor.response(prepared, body, None, None, None)
        else:
            response = await cache.execute(key, lambda: self._executor.execute(prepared))
        if prepared.scope["method"] == "POST" or prepared.media_type in STREAMS:
            return response
        seconds = cache.seconds_left(key, response.body)
        if seconds is None:
            return response
        return cacheable(response, seconds, headers.get(b"if-none-match"))
