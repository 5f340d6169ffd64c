"""Content negotiation: the media types that a client sends and accepts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from core.graphql.http.cors import ALLOW
from core.graphql.http.http_errors import HTTPError

JSON = b"application/json; charset=utf-8"
GRAPHQL = b"application/graphql-response+json; charset=utf-8"
EVENTS = b"text/event-stream; charset=utf-8"
BOUNDARY = b"graphql"
MULTIPART = b"multipart/mixed;boundary=%b;subscriptionSpec=1.0" % BOUNDARY
HTML = b"text/html; charset=utf-8"
OFFERS = {
    "application/json": JSON,
    "application/graphql-response+json": GRAPHQL,
    "text/event-stream": EVENTS,
    "multipart/mixed": MULTIPART,
    "text/html": HTML,
}
"""Content types by media type. Order: the server's preference."""
TRANSPORTS = (
    "A subscription has no single response: use graphql-transport-ws over WebSocket, server-sent events "
    "(`Accept: text/event-stream`), or a multipart response "
    "(`Accept: multipart/mixed;subscriptionSpec=1.0, application/json`)."
)
SINGLE_CONNECTION = (
    "Server-sent events are supported in distinct connections mode only: send each operation in a "
    "separate request, by POST or GET (graphql-sse: `singleConnection: false`)."
)
MAX_HEADER_LENGTH = 1_000
UTF_8 = frozenset({"utf-8", "utf8"})
ELEMENT = re.compile(r'(?:[^,"]|"(?:\\.|[^"\\])*"?)+')
"""An element of a comma-separated header; quoted strings may contain commas."""
PARAMETER = re.compile(r'(?:[^;"]|"(?:\\.|[^"\\])*"?)+')
WEIGHT = re.compile(r"0?\.[0-9]+|0\.?|1(\.0*)?")

Rank = tuple[float, int, int, int]
"""The client's preference for a type: weight, specificity (2 for its name, 1 for `type/*`, 0 for
`*/*`), position in the header, and the server's preference.
"""
NOT_ACCEPTED: Rank = (0.0, 0, 0, 0)


class Accepted(NamedTuple):
    """What a client accepts, by its Accept header."""

    media_type: bytes | None
    """The type of a single response: JSON, or EVENTS or MULTIPART for a client that accepts no JSON. None if it
    accepts no type that is served.
    """
    stream_type: bytes | None
    """The type of a streamed response to a subscription: EVENTS, or MULTIPART where the client names the protocol
    as well (`subscriptionSpec=1.0`). None if it accepts neither; `*/*` does not count.
    """
    is_page_preferred: bool
    """Whether the client prefers HTML, as browsers do."""


ANYTHING = Accepted(JSON, stream_type=None, is_page_preferred=False)


def accepted(accept: bytes | None) -> Accepted:
    """What the client accepts. An absent or empty header accepts anything; of equal weights the
    first wins.

    Source: RFC 9110, section 12.5.1, and GraphQL over HTTP.
    """
    if not accept:
        return ANYTHING
    if len(accept) > MAX_HEADER_LENGTH:
        # A truncated element could have another meaning.
        accept = accept[:MAX_HEADER_LENGTH].rpartition(b",")[0] or b"none"
    return _accepted(accept)


def method_not_allowed(*, single_connection: bool) -> HTTPError:
    """The error for a method that is not served. `single_connection`: whether it is of graphql-sse's mode so named."""
    message = "Use POST or, for queries and subscriptions, GET or QUERY."
    if single_connection:
        message = f"{message} {SINGLE_CONNECTION}"
    return HTTPError(message, "METHOD_NOT_ALLOWED", (ALLOW,))


def not_acceptable() -> HTTPError:
    """The error for a client that accepts no type that is served."""
    message = (
        "Accept one of application/graphql-response+json, application/json, text/event-stream and "
        "multipart/mixed;subscriptionSpec=1.0, in UTF-8."
    )
    return HTTPError(message, "NOT_ACCEPTABLE")


def streams_unsupported() -> HTTPError:
    """The error for a subscription of a client that accepts no stream."""
    return HTTPError(TRANSPORTS, "SUBSCRIPTION_NOT_SUPPORTED")


def check_content(headers: dict[bytes, bytes]) -> None:
    """Errors: 415 for all but JSON in UTF-8 that is not compressed."""
    content_type = headers.get(b"content-type")
    if content_type != b"application/json":
        _check_type(content_type)
    encoding = headers.get(b"content-encoding")
    if encoding is not None and encoding.strip().lower() not in {b"", b"identity"}:
        message = "Compressed bodies are not supported. Send the body without Content-Encoding."
        accepts = ((b"accept-encoding", b"identity"),)
        raise HTTPError(message, "UNSUPPORTED_CONTENT_ENCODING", accepts)


def _check_type(content_type: bytes | None) -> None:
    if content_type is None:
        raise _unsupported("The request has no Content-Type.")
    media, charset = _media_and_charset(content_type[:MAX_HEADER_LENGTH])
    if media != "application/json":
        raise _unsupported("The body's media type is not supported.")
    if charset not in UTF_8:
        raise _unsupported("The body's character set is not UTF-8.")


def _unsupported(message: str) -> HTTPError:
    advice = "Send the request as application/json, in UTF-8."
    headers = ((b"accept-post", b"application/json; charset=utf-8"),)
    return HTTPError(f"{message} {advice}", "UNSUPPORTED_MEDIA_TYPE", headers)


@lru_cache(maxsize=256)
def _media_and_charset(content_type: bytes) -> tuple[str, str]:
    media, parameters = _parsed(content_type.decode("latin-1"))
    return media, parameters.get("charset", "utf-8")


@lru_cache(maxsize=256)
def _accepted(accept: bytes) -> Accepted:
    elements = [element for element in ELEMENT.findall(accept.decode("latin-1")) if element.strip()]
    if not elements:
        return ANYTHING
    ranges = _ranges(elements)
    ranks = {
        content_type: _rank(media, ranges, -preference)
        for preference, (media, content_type) in enumerate(OFFERS.items())
    }
    preferred = max((JSON, GRAPHQL), key=ranks.__getitem__)
    media_type = next((each for each in (preferred, EVENTS) if ranks[each][0] > 0), None)
    stream_types = []
    if ranks[EVENTS][0] > 0 and (ranks[EVENTS][1] > 0 or media_type is EVENTS):
        stream_types.append(EVENTS)
    if ranks[MULTIPART][0] > 0 and ranks[MULTIPART][1] == 2:
        stream_types.append(MULTIPART)
        media_type = media_type or MULTIPART
    return Accepted(
        media_type,
        stream_type=max(stream_types, key=ranks.__getitem__, default=None),
        is_page_preferred=ranks[HTML][0] > 0 and max(ranks, key=ranks.__getitem__) is HTML,
    )


def _ranges(elements: Sequence[str]) -> dict[str, tuple[float, int]]:
    """The weight and position of each media range. Malformed ranges are ignored."""
    ranges: dict[str, tuple[float, int]] = {}
    for place, element in enumerate(elements):
        media, parameters = _parsed(element)
        if media == "multipart/mixed" and parameters.get("subscriptionspec") != "1.0":
            continue  # Other protocols, such as that of `@defer`, have this type, too.
        weight = parameters.get("q", "1")
        if parameters.get("charset", "utf-8") in UTF_8 and WEIGHT.fullmatch(weight):
            ranges[media] = max((float(weight), -place), ranges.get(media, (0.0, -place)))
    return ranges


def _rank(media: str, ranges: dict[str, tuple[float, int]], preference: int) -> Rank:
    """The rank of a type by the most specific range that includes it."""
    wider = (media, media.partition("/")[0] + "/*", "*/*")
    for exactness, name in zip((2, 1, 0), wider, strict=True):
        found = ranges.get(name)
        if found is not None:
            weight, place = found
            return weight, exactness, place, preference
    return NOT_ACCEPTED


def _parsed(value: str) -> tuple[str, dict[str, str]]:
    """A media type and its parameters, in lower case."""
    media, *parameters = PARAMETER.findall(value.lower()) or [""]
    pairs = (parameter.partition("=") for parameter in parameters)
    return media.strip(), {name.strip(): text.strip().strip('"') for name, _, text in pairs}
