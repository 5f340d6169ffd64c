"""HTTP responses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import orjson
from starlette.types import Message, Scope

from core.errors import JSONObject
from core.graphql.codes import handling, retry_after, status_of
from core.graphql.errors import (
    client_error,
    error_entry,
    fault_entry,
    timeout_error,
    with_request_id,
)
from core.graphql.http.http_errors import Headers, HTTPError
from core.graphql.http.negotiation import EVENTS, GRAPHQL, JSON, MULTIPART
from core.graphql.http.operations import WHOLE_RESPONSE
from core.graphql.request_record import codes_of

NOSNIFF = (b"x-content-type-options", b"nosniff")
NO_STORE = (b"cache-control", b"no-store")
PRIVATE = (b"cache-control", b"private, no-store")


class Response(NamedTuple):
    """A complete HTTP response."""

    status: int
    media_type: bytes
    body: bytes
    headers: Headers = ()
    codes: tuple[str, ...] = ()
    """Of the errors in the body."""
    caching: Headers = ()
    """Headers by which caches may keep it; without them none may."""


def error_body(entries: Sequence[JSONObject], request_id: str, **data: Any) -> bytes:
    """The JSON of errors, each with the id of the request, and of `data` if it is given."""
    return orjson.dumps({"errors": with_request_id(entries, request_id), **data})


def request_error_response(
    entries: list[JSONObject], media_type: bytes, request_id: str, *, draft: bool
) -> Response:
    """The response to a request that is not executed. To clients that accept plain JSON, a status
    other than 200 means that no GraphQL server was reached.
    """
    status = 200
    if media_type is GRAPHQL:
        status = max(400, status_of(entries[0]["extensions"]["code"], draft=draft))
    return Response(status, media_type, error_body(entries, request_id), (), codes_of(entries))


def timeout_response(seconds: float, media_type: bytes, request_id: str) -> Response:
    """The response when an execution was cancelled after `seconds`."""
    error = timeout_error(seconds)
    status = handling(error.code).status if media_type is GRAPHQL else 200
    body = error_body([error_entry(error)], request_id, data=None)
    return Response(status, media_type, body, (), (error.code,))


def retry_later_response(
    entries: Sequence[JSONObject], media_type: bytes, request_id: str
) -> Response | None:
    """The response when an execution returned only errors that a retry may avoid, else None.

    Examples: a throttled sign-in, an unavailable database.
    """
    waits = []
    for entry in entries:
        extensions = entry["extensions"]
        wait = retry_after(extensions["code"], extensions.get("retryAfterSeconds"))
        if wait is None:
            return None
        waits.append(wait)
    status = max(handling(entry["extensions"]["code"]).status for entry in entries)
    body = error_body(entries, request_id, data=None)
    headers = _retry_after(max(waits))
    return Response(status, _without_streams(media_type), body, headers, codes_of(entries))


def failure_response(
    failure: Exception, media_type: bytes | None, request_id: str, *, draft: bool
) -> Response:
    """The response to a request that failed before execution. Logs a fault."""
    error = client_error(failure)
    if error is None:
        body = error_body([fault_entry(failure)], request_id)
        return Response(500, JSON, body, (), ("INTERNAL",))
    handled = handling(error.code)
    if not isinstance(error, HTTPError) and not handled.is_http_error:
        return request_error_response(
            [error_entry(error)], media_type or JSON, request_id, draft=draft
        )
    headers = list(error.headers) if isinstance(error, HTTPError) else []
    own_status = error.own_status if isinstance(error, HTTPError) else None
    status = own_status or status_of(error.code, draft=draft)
    if status == 401:
        headers.append((b"www-authenticate", b"Bearer"))
    headers += _retry_after(retry_after(error.code, error.extensions.get("retryAfterSeconds")))
    body = error_body([error_entry(error)], request_id)
    return Response(status, _without_streams(media_type), body, headers, (error.code,))


def messages(
    scope: Scope, status: int, fields: list[tuple[bytes, bytes]], body: bytes
) -> tuple[Message, ...]:
    """The ASGI messages of a response: a single one, if the server takes that."""
    if WHOLE_RESPONSE in (scope.get("extensions") or ()):
        return ({"type": WHOLE_RESPONSE, "status": status, "headers": fields, "body": body},)
    return (
        {"type": "http.response.start", "status": status, "headers": fields},
        {"type": "http.response.body", "body": body},
    )


def with_extensions(body: bytes, extensions: JSONObject) -> bytes:
    """The JSON body with `extensions` added."""
    return b'%b,"extensions":%b}' % (body[:-1], orjson.dumps(extensions))


STREAMS = {
    EVENTS: b"event: next\ndata: %b\n\nevent: complete\ndata:\n\n",
    MULTIPART: b'\r\n--graphql\r\nContent-Type: application/json\r\n\r\n{"payload":%b}\r\n--graphql--\r\n',
}
"""The stream of one result, by its media type. Source: as core/graphql/streams/stream_formats.py."""


def _without_streams(media_type: bytes | None) -> bytes:
    """The media type for a status that a stream can't have."""
    return JSON if media_type is None or media_type in STREAMS else media_type


def _retry_after(seconds: int | None) -> list[tuple[bytes, bytes]]:
    return [] if seconds is None else [(b"retry-after", b"%d" % seconds)]
