"""GraphQL over HTTP, as an ASGI application."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable, Iterable
from hashlib import sha256
from typing import Any, NamedTuple, cast

import orjson
from graphql import ExecutionResult
from starlette.types import Receive, Scope, Send

from core.errors import JSONObject
from core.graphql.documents import Document, DocumentOperation, DocumentStore
from core.graphql.errors import execution_error_entries
from core.graphql.http.cors import ALLOW, CORSPolicy
from core.graphql.http.http_errors import ClientGone, Headers, HTTPError, bad_request
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
from core.graphql.http.requests import (
    GraphQLRequest,
    from_body,
    from_query_string,
    read_body,
    token_in_url,
)
from core.graphql.http.response_cache import ResponseCache
from core.graphql.http.responses import (
    Reply,
    as_events,
    failed,
    postponed,
    request_errors,
    timed_out,
    with_extensions,
)
from core.graphql.http.shared_timeout import SharedTimeout, SharedTimeoutExpired
from core.graphql.ports import ContextFor, Execute


class ExecutedOperation(NamedTuple):
    """What was answered, for those who add to an answer. Without context and result if the answer
    was made for another request and kept.
    """

    operation: DocumentOperation
    variables: JSONObject
    context: Any
    result: ExecutionResult | None


class PreparedOperation(NamedTuple):
    """An operation that may be executed, and who asks for it."""

    operation: DocumentOperation
    variables: JSONObject
    media_type: bytes
    """Of the answer."""
    scope: Scope
    authorization: bytes | None
    key: Hashable | None
    """Under which the answer may be kept for others; None if it may not."""


class SubscriptionRequest(NamedTuple):
    """A subscription that is to be answered with a stream."""

    operation: DocumentOperation
    variables: JSONObject
    authorization: str | None
    last_event_id: str | None
    """From which event an EventSource resumes."""
    headers: Headers
    """Which the response has in any case."""


ServeStream = Callable[[SubscriptionRequest, Scope, Receive, Send], Awaitable[None]]
"""Answers a subscription with a stream. Errors, all before the response is begun: ClientError,
DatabaseUnavailable.
"""

NO_STORE = (b"cache-control", b"no-store")
STREAM_TOKEN = b"x-graphql-event-stream-token"
TRANSPORTS = (
    "A subscription has no single answer: use graphql-transport-ws over WebSocket, or server-sent "
    "events (`Accept: text/event-stream`). Multipart responses are not served."
)
SINGLE_CONNECTION = (
    "GraphQL over server-sent events is served in distinct connections mode: send each operation "
    "in a request of its own, by POST or GET (graphql-sse: `singleConnection: false`)."
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
        answers: ResponseCache | None = None,
        private_fields: Iterable[str] = (),
        origins: Iterable[str] = (),
        page: str | None = None,
        headers_for: Callable[[ExecutedOperation], Headers] | None = None,
        extensions_for: Callable[[ExecutedOperation], JSONObject | None] | None = None,
    ) -> None:
        """`stream`: serves subscriptions. `answers`: keeps answers to anonymous queries; without it none is kept.
        `private_fields`: root fields whose answers differ between anonymous clients.
        `origins`: of web pages that may call. `page`: HTML for browsers that come to look.
        `headers_for`, `extensions_for`: what is added to an answer.
        """
        self._documents = documents
        self._limits = documents.limits
        self._body_timeout = SharedTimeout(self._limits.body_seconds)
        self._execution_timeout = SharedTimeout(self._limits.execution_seconds)
        self._execute = execute
        self._context_for = context_for
        self._serve_stream = stream or _no_streams
        self._answers = answers
        self._private_fields = frozenset(private_fields)
        self._cross_origin = CORSPolicy(origins)
        self._page = None if page is None else page.encode()
        self._headers_for = headers_for
        self._extensions_for = extensions_for
        # An answer to which something is added has to be looked at each time.
        self._spellings = None if headers_for or extensions_for else answers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # What awaits stands here: each coroutine between this one and the database is gone through
        # again whenever an answer of the database comes in.
        headers = _headers(scope)
        takes = accepted(headers.get(b"accept"))
        try:
            asked = await self._asked(scope, headers, takes, receive)
            if type(asked) is not PreparedOperation:
                if type(asked) is SubscriptionRequest:
                    await self._serve_stream(asked, scope, receive, send)
                    return
                reply = cast("Reply", asked)
            elif asked.key is None:
                reply, _ = await self._executed(asked)
            else:
                reply = await self._kept(asked, asked.key)
        except ClientGone:
            return
        except Exception as failure:  # noqa: BLE001  # answered; logged if it is a fault
            reply = failed(failure, takes.answer)
        status, media_type, body, more = reply
        if media_type is EVENTS:
            body = as_events(body)
        fields = [NO_STORE, *self._cross_origin.headers(headers.get(b"origin")), *more]
        if status != 204:
            fields.append((b"content-type", media_type))
            fields.append((b"content-length", b"%d" % len(body)))
        await send({"type": "http.response.start", "status": status, "headers": fields})
        await send({"type": "http.response.body", "body": body})

    async def _asked(
        self, scope: Scope, headers: dict[bytes, bytes], takes: Accepted, receive: Receive
    ) -> PreparedOperation | SubscriptionRequest | Reply:
        """What the client asks for, or the reply where there is nothing to execute. Errors: ClientError."""
        method = scope["method"]
        if method != "POST":
            reply = self._before_get(method, headers, takes)
            if reply is not None:
                return reply
        if STREAM_TOKEN in headers:
            raise bad_request(SINGLE_CONNECTION)
        if takes.answer is None:
            raise not_acceptable()
        authorization = headers.get(b"authorization")
        if method == "GET":
            request = from_query_string(scope["query_string"], self._limits)
            if authorization is None and takes.is_stream_accepted:
                authorization = token_in_url(scope["query_string"])
        else:
            check_content_type(headers.get(b"content-type"))
            check_content_encoding(headers.get(b"content-encoding"))
            length = headers.get(b"content-length")
            body = await read_body(receive, length, self._limits, self._body_timeout)
            if self._spellings is not None and authorization is None:
                kept = self._spellings.find_spelled(body)
                if kept is not None:
                    return Reply(200, takes.answer, kept)
            request = from_body(body, self._limits)
        document = self._document(request)
        if document.errors:
            return request_errors(document.errors, takes.answer)
        operation = document.operation(request.operation_name)
        if operation.kind == "subscription":
            if not takes.is_stream_accepted:
                raise _not_streamed()
            return self._subscription(operation, request, authorization, headers)
        return self._question(operation, request, takes.answer, scope, authorization)

    def _before_get(
        self, method: str, headers: dict[bytes, bytes], takes: Accepted
    ) -> Reply | None:
        """The reply to what is no POST, unless it asks for an operation. Errors: 405."""
        if method == "OPTIONS":
            return Reply(204, JSON, b"", self._cross_origin.preflight(headers.get(b"origin")))
        if method != "GET":
            said = "GraphQL is served by POST and, for queries and subscriptions, by GET."
            if STREAM_TOKEN in headers or method == "PUT":
                said = f"{said} {SINGLE_CONNECTION}"
            raise HTTPError(said, "METHOD_NOT_ALLOWED", (ALLOW,))
        if self._page is not None and takes.is_page_preferred:
            return Reply(200, HTML, self._page, ((b"vary", b"accept"),))
        return None

    def _question(
        self,
        operation: DocumentOperation,
        request: GraphQLRequest,
        media_type: bytes,
        scope: Scope,
        authorization: bytes | None,
    ) -> PreparedOperation:
        key = None
        if operation.kind == "query":
            if (
                self._answers is not None
                and authorization is None
                and self._private_fields.isdisjoint(operation.root_fields)
            ):
                key = (operation, _digest(request.variables))
                if self._spellings is not None and scope["method"] == "POST":
                    self._spellings.spell(request.source, key)
        elif scope["method"] == "GET":
            said = "Mutations are served by POST only."
            raise HTTPError(said, "METHOD_NOT_ALLOWED", ((b"allow", b"POST"),))
        return PreparedOperation(
            operation, request.variables, media_type, scope, authorization, key
        )

    def _subscription(
        self,
        operation: DocumentOperation,
        request: GraphQLRequest,
        authorization: bytes | None,
        headers: dict[bytes, bytes],
    ) -> SubscriptionRequest:
        return SubscriptionRequest(
            operation,
            request.variables,
            None if authorization is None else authorization.decode("latin-1"),
            headers.get(b"last-event-id", b"").decode("latin-1") or None,
            (NO_STORE, *self._cross_origin.headers(headers.get(b"origin"))),
        )

    async def _kept(self, question: PreparedOperation, key: Hashable) -> Reply:
        """The reply with the answer that is kept, or under way; else with one that is kept from now on."""
        answers = cast("ResponseCache", self._answers)
        body = answers.find(key) or await answers.shared(key)
        if body is not None:
            return self._finished(question, body, None, None)
        return await answers.sharing(key, lambda: self._executed(question))

    def _document(self, request: GraphQLRequest) -> Document:
        if request.digest is not None:
            return self._documents.by_hash(request.digest, request.query)
        return self._documents.by_text(request.query or "")

    async def _executed(self, question: PreparedOperation) -> tuple[Reply, bytes | None]:
        """The reply and, if nothing went wrong, the bytes that others may share."""
        operation, variables, media_type, scope, authorization, _ = question
        context = self._context_for(
            None if authorization is None else authorization.decode("latin-1"), scope
        )
        if hasattr(context, "__await__"):
            context = await context
        result = self._execute(operation.document, operation.name, variables, context)
        if not isinstance(result, ExecutionResult):
            try:
                result = await self._execution_timeout.wait_for(result)
            except SharedTimeoutExpired:
                return timed_out(self._limits.execution_seconds, media_type), None
        errors = result.errors
        if not errors:
            body = orjson.dumps({"data": result.data})
            return self._finished(question, body, context, result), body
        entries = execution_error_entries(errors, operation.name)
        if result.data is None:
            later = postponed(entries, media_type)
            if later is not None:
                return later, None
            if all(error.path is None for error in errors):
                return request_errors(entries, media_type), None
        body = orjson.dumps({"errors": entries, "data": result.data})
        return self._finished(question, body, context, result), None

    def _finished(
        self, question: PreparedOperation, body: bytes, context: Any, result: ExecutionResult | None
    ) -> Reply:
        """The reply, with what others add to it."""
        extensions = result.extensions if result is not None else None
        headers: Headers = ()
        if self._headers_for is not None or self._extensions_for is not None:
            answered = ExecutedOperation(question.operation, question.variables, context, result)
            if self._headers_for is not None:
                headers = self._headers_for(answered)
            if self._extensions_for is not None:
                extensions = {**(extensions or {}), **(self._extensions_for(answered) or {})}
        if extensions:
            body = with_extensions(body, extensions)
        return Reply(200, question.media_type, body, headers)


def _not_streamed() -> HTTPError:
    return bad_request(TRANSPORTS, "SUBSCRIPTION_NOT_SUPPORTED")


async def _no_streams(*_: Any) -> None:
    raise _not_streamed()


def _digest(variables: JSONObject) -> bytes:
    """A name for the variables, short however long they are."""
    return sha256(orjson.dumps(variables, option=orjson.OPT_SORT_KEYS)).digest()


def _headers(scope: Scope) -> dict[bytes, bytes]:
    """The request's header fields. Several of one name are one list, as HTTP has it."""
    fields = scope["headers"]
    headers: dict[bytes, bytes] = dict(fields)
    if len(headers) < len(fields):
        headers = {}
        for name, value in fields:
            headers[name] = headers[name] + b", " + value if name in headers else value
    return headers
