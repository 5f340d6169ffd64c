"""Answers on their way out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import orjson

from core.errors import JSONObject
from core.graphql.codes import handling, retry_after
from core.graphql.errors import client_error, error_entry, fault_entry, timeout_error
from core.graphql.http.http_errors import Headers, HTTPError
from core.graphql.http.negotiation import EVENTS, GRAPHQL, JSON


class Reply(NamedTuple):
    """An answer to a request."""

    status: int
    media_type: bytes
    body: bytes
    headers: Headers = ()


def request_errors(entries: list[JSONObject], media_type: bytes) -> Reply:
    """The reply to a request that is not executed. To those who ask for plain JSON a status other
    than 200 means that no GraphQL server was reached.
    """
    status = 400 if media_type is GRAPHQL else 200
    return Reply(status, media_type, orjson.dumps({"errors": entries}))


def timed_out(seconds: float, media_type: bytes) -> Reply:
    """The reply when an execution was given up."""
    error = timeout_error(seconds)
    status = handling(error.code).status if media_type is GRAPHQL else 200
    return Reply(status, media_type, orjson.dumps({"errors": [error_entry(error)], "data": None}))


def postponed(entries: Sequence[JSONObject], media_type: bytes) -> Reply | None:
    """The reply when an execution gave nothing because the client has to wait; None if it need not.

    A throttled sign-in is one, and whatever needs a database that is away.
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
    return Reply(status, _single(media_type), body, _wait(max(waits)))


def failed(failure: Exception, media_type: bytes | None) -> Reply:
    """The reply to a request that failed before anything of it was executed. A fault is logged."""
    error = client_error(failure)
    if error is None:
        return Reply(500, JSON, orjson.dumps({"errors": [fault_entry(failure)]}))
    handled = handling(error.code)
    if not isinstance(error, HTTPError) and not handled.is_http_error:
        return request_errors([error_entry(error)], media_type or JSON)
    headers = list(error.headers) if isinstance(error, HTTPError) else []
    status = error.status if isinstance(error, HTTPError) else handled.status
    if status == 401:
        headers.append((b"www-authenticate", b"Bearer"))
    headers += _wait(retry_after(error.code, error.extensions.get("retryAfterSeconds")))
    body = orjson.dumps({"errors": [error_entry(error)]})
    return Reply(status, _single(media_type), body, headers)


def with_extensions(body: bytes, extensions: JSONObject) -> bytes:
    """The body of an answer, with extensions added to it."""
    return b'%b,"extensions":%b}' % (body[:-1], orjson.dumps(extensions))


def as_events(body: bytes) -> bytes:
    """The body of an answer as a stream of one result.

    Source: https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md
    """
    return b"event: next\ndata: %b\n\nevent: complete\ndata:\n\n" % body


def _single(media_type: bytes | None) -> bytes:
    """The media type of an answer with a status that no stream of events can have."""
    return JSON if media_type is None or media_type is EVENTS else media_type


def _wait(seconds: int | None) -> list[tuple[bytes, bytes]]:
    return [] if seconds is None else [(b"retry-after", b"%d" % seconds)]
