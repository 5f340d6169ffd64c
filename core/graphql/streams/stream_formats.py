"""The two formats of a stream of results: server-sent events and multipart responses.

Source: https://html.spec.whatwg.org/multipage/server-sent-events.html,
https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md (distinct connections mode) and
https://www.apollographql.com/docs/graphos/routing/operations/subscriptions/multipart-protocol
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import orjson

from core.errors import ClientError
from core.graphql.errors import error_entry
from core.graphql.http.negotiation import BOUNDARY, EVENTS, MULTIPART
from core.graphql.live.connection_registry import CloseReason


class StreamFormat(NamedTuple):
    """How the body of a stream is written."""

    opening: bytes
    """By which the client notices that it is connected."""
    heartbeat: bytes
    complete: bytes
    """Ends the stream."""
    result: Callable[[str, str], bytes]
    """Writes a result in JSON and its cursor, which may be empty."""
    ending: Callable[[CloseReason], bytes]
    """Writes why the server ends the stream, and its end."""


COMMENT = b":\n"
"""A comment without an empty line, which some clients take for an event."""
COMPLETE = b"event: complete\ndata:\n\n"


def _event(payload: str, cursor: str) -> bytes:
    """An event. The cursor is its id, which a client returns as Last-Event-ID."""
    id_line = f"id: {cursor}\n" if cursor else ""
    return f"event: next\n{id_line}data: {payload}\n\n".encode()


def _last_event(reason: CloseReason) -> bytes:
    """An error, or a comment. A client reconnects only if the stream ends without `complete`."""
    if reason in {CloseReason.TOKEN_EXPIRED, CloseReason.SESSION_ENDED}:
        return _event(orjson.dumps({"errors": [_entry(reason)]}).decode(), "") + COMPLETE
    end = b"" if reason is CloseReason.SHUTDOWN else COMPLETE
    return f": {reason.message}\n".encode() + end


# A client parses a part when it has received the boundary after it, so each part ends with one.
DELIMITER = b"\r\n--" + BOUNDARY
FINAL = b"--\r\n"


def _part(body: bytes) -> bytes:
    return b"\r\nContent-Type: application/json\r\n\r\n%b%b" % (body, DELIMITER)


def _payload_part(payload: str, _cursor: str) -> bytes:
    return _part(b'{"payload":%b}' % payload.encode())


def _last_part(reason: CloseReason) -> bytes:
    """A part with an error of the transport, after which a client may connect again."""
    return _part(orjson.dumps({"payload": None, "errors": [_entry(reason)]})) + FINAL


def _entry(reason: CloseReason) -> dict[str, object]:
    return error_entry(ClientError(reason.message, reason.code))


FORMATS = {
    EVENTS: StreamFormat(COMMENT, COMMENT, COMPLETE, _event, _last_event),
    MULTIPART: StreamFormat(
        DELIMITER + _part(b"{}"), _part(b"{}"), FINAL, _payload_part, _last_part
    ),
}
"""The format of each content type."""
