"""HTTP responses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import orjson

from core.errors import JSONObject
from core.graphql.codes import handling, retry_after
from core.graphql.errors import client_error, error_entry, fault_entry, timeout_error
from core.graphql.http.http_errors import Headers, HTTPError
from core.graphql.http.negotiation import EVENTS, GRAPHQL, JSON

NOSNIFF = (b"x-content-type-options", b"nosniff")


class Response(NamedTuple):
    """A complete HTTP response."""

    status: int
    media_type: bytes
    body: bytes
    headers: Headers = ()


def request_error_response(entries: list[JSONObject], media_type: bytes) -> Response:
    """The response to a request that is not executed. To clients that accept plain JSON, a status
    other than 200 means that no GraphQL server was reached.
    """
    status = 400 if media_type is GRAPHQL else 200
    return Response(status, media_type, orjson.dumps({"errors": entries}))


def timeout_response(seconds: float, media_type: bytes) -> Response:
    """The response when an execution was cancelled after `seconds`."""
    error = timeout_error(seconds)
    status = handling(error.code).status if media_type is GRAPHQL else 200
    body = orjson.dumps({"errors": [error_entry(error)], "data": None})
    return Response(status, media_type, body)


def retry_later_response(entries: Sequence[JSONObject], media_type: bytes) -> Response | None:
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
    body = orjson.dumps({"errors": entries, "data": None})
    return Response(status, _without_events(media_type), body, _retry_after(max(waits)))


def failure_response(failure: Exception, media_type: bytes | None) -> Response:
    """The response to a request that failed before execution. Logs a fault."""
    error = client_error(failure)
    if error is None:
        return Response(500, JSON, orjson.dumps({"errors": [fault_entry(failure)]}))
    handled = handling(error.code)
    if not isinstance(error, HTTPError) and not handled.is_http_error:
        return request_error_response([error_entry(error)], media_type or JSON)
    headers = list(error.headers) if isinstance(error, HTTPError) else []
    status = error.status if isinstance(error, HTTPError) else handled.status
    if status == 401:
        headers.append((b"www-authenticate", b"Bearer"))
    headers += _retry_after(retry_after(error.code, error.extensions.get("retryAfterSeconds")))
    body = orjson.dumps({"errors": [error_entry(error)]})
    return Response(status, _without_events(media_type), body, headers)


def with_extensions(body: bytes, extensions: JSONObject) -> bytes:
    """The JSON body with `extensions` added."""
    return b'%b,"extensions":%b}' % (body[:-1], orjson.dumps(extensions))


def as_event_stream(body: bytes) -> bytes:
    """The JSON body as an event stream with one result.

    Source: https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md
    """
    return b"event: next\ndata: %b\n\nevent: complete\ndata:\n\n" % body


def _without_events(media_type: bytes | None) -> bytes:
    """The media type for a status that an event stream can't have."""
    return JSON if media_type is None or media_type is EVENTS else media_type


def _retry_after(seconds: int | None) -> list[tuple[bytes, bytes]]:
    return [] if seconds is None else [(b"retry-after", b"%d" % seconds)]
