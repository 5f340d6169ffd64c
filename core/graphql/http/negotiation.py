"""Media types: what a client sends, and what it takes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from core.graphql.http.http_errors import HTTPError

JSON = b"application/json; charset=utf-8"
GRAPHQL = b"application/graphql-response+json; charset=utf-8"
EVENTS = b"text/event-stream; charset=utf-8"
HTML = b"text/html; charset=utf-8"
OFFERS = {
    "application/json": JSON,
    "application/graphql-response+json": GRAPHQL,
    "text/event-stream": EVENTS,
    "text/html": HTML,
}
"""By their media types, in our own order of preference."""
HEADER_LENGTH_AT_MOST = 1_000
UTF_8 = frozenset({"utf-8", "utf8"})
ELEMENT = re.compile(r'(?:[^,"]|"(?:\\.|[^"\\])*"?)+')
"""An element of a list in a header, whose quoted strings may have commas."""
PARAMETER = re.compile(r'(?:[^;"]|"(?:\\.|[^"\\])*"?)+')
WEIGHT = re.compile(r"0?\.[0-9]+|0\.?|1(\.0*)?")

Rank = tuple[float, int, int, int]
"""How much a type is wanted: by its weight, how exactly it is named (2 by name, 1 by `type/*`, 0 by
`*/*`), how early, and our own preference.
"""
UNWANTED: Rank = (0.0, 0, 0, 0)


class Accepted(NamedTuple):
    """What a client takes, by its Accept header."""

    answer: bytes | None
    """The media type of a single answer: JSON, or EVENTS for a client that takes no JSON. None if it
    takes nothing that there is.
    """
    is_stream_accepted: bool
    """Whether a subscription may be answered with a stream. `*/*` is no wish for one."""
    is_page_preferred: bool
    """Whether the client is a browser that wants to see a page."""


ANYTHING = Accepted(JSON, is_stream_accepted=False, is_page_preferred=False)


def accepted(accept: bytes | None) -> Accepted:
    """What is accepted. A header that is absent or empty accepts anything.

    Source: RFC 9110, section 12.5.1, and GraphQL over HTTP. Of equal weights the first wins.
    """
    if not accept:
        return ANYTHING
    if len(accept) > HEADER_LENGTH_AT_MOST:
        # An element that is cut off would mean something else.
        accept = accept[:HEADER_LENGTH_AT_MOST].rpartition(b",")[0] or b"none"
    return _accepted(accept)


def not_acceptable() -> HTTPError:
    """The refusal where nothing is accepted that there is."""
    said = (
        "Accept one of application/graphql-response+json, application/json and text/event-stream, "
        "in UTF-8."
    )
    return HTTPError(said, "NOT_ACCEPTABLE")


def check_content_type(content_type: bytes | None) -> None:
    """Errors: 415 for all but JSON in UTF-8."""
    if content_type == b"application/json":
        return
    if content_type is None:
        raise _unsupported("The request has no Content-Type.")
    media, charset = _media_and_charset(content_type[:HEADER_LENGTH_AT_MOST])
    if media != "application/json":
        raise _unsupported("The body's media type is not one that this server reads.")
    if charset not in UTF_8:
        raise _unsupported("The body's character set is not UTF-8.")


def _unsupported(said: str) -> HTTPError:
    advice = "Send the request as application/json, in UTF-8."
    headers = ((b"accept-post", b"application/json; charset=utf-8"),)
    return HTTPError(f"{said} {advice}", "UNSUPPORTED_MEDIA_TYPE", headers)


@lru_cache(maxsize=256)
def _media_and_charset(content_type: bytes) -> tuple[str, str]:
    media, parameters = _parsed(content_type.decode("latin-1"))
    return media, parameters.get("charset", "utf-8")


def check_content_encoding(content_encoding: bytes | None) -> None:
    """Errors: 415 for a compressed body."""
    if content_encoding is None or content_encoding.strip().lower() in {b"", b"identity"}:
        return
    said = "Compressed bodies are not read. Send the body as it is, without Content-Encoding."
    headers = ((b"accept-encoding", b"identity"),)
    raise HTTPError(said, "UNSUPPORTED_CONTENT_ENCODING", headers)


@lru_cache(maxsize=256)
def _accepted(accept: bytes) -> Accepted:
    elements = [element for element in ELEMENT.findall(accept.decode("latin-1")) if element.strip()]
    if not elements:
        return ANYTHING
    ranges = _ranges(elements)
    ranks = {
        answer: _rank(media, ranges, -preference)
        for preference, (media, answer) in enumerate(OFFERS.items())
    }
    preferred = max((JSON, GRAPHQL), key=ranks.__getitem__)
    answer = next((each for each in (preferred, EVENTS) if ranks[each][0] > 0), None)
    stream = ranks[EVENTS]
    return Accepted(
        answer,
        is_stream_accepted=stream[0] > 0 and (stream[1] > 0 or answer is EVENTS),
        is_page_preferred=ranks[HTML][0] > 0 and max(ranks, key=ranks.__getitem__) is HTML,
    )


def _ranges(elements: Sequence[str]) -> dict[str, tuple[float, int]]:
    """The weight and the place of each range that is named. One that can't be read is left out."""
    ranges: dict[str, tuple[float, int]] = {}
    for place, element in enumerate(elements):
        media, parameters = _parsed(element)
        weight = parameters.get("q", "1")
        if parameters.get("charset", "utf-8") in UTF_8 and WEIGHT.fullmatch(weight):
            ranges[media] = max((float(weight), -place), ranges.get(media, (0.0, -place)))
    return ranges


def _rank(media: str, ranges: dict[str, tuple[float, int]], preference: int) -> Rank:
    """By the range that names the type most exactly."""
    wider = (media, media.partition("/")[0] + "/*", "*/*")
    for exactness, name in zip((2, 1, 0), wider, strict=True):
        found = ranges.get(name)
        if found is not None:
            weight, place = found
            return weight, exactness, place, preference
    return UNWANTED


def _parsed(value: str) -> tuple[str, dict[str, str]]:
    """A media type and its parameters, all in lower case."""
    media, *parameters = PARAMETER.findall(value.lower()) or [""]
    pairs = (parameter.partition("=") for parameter in parameters)
    return media.strip(), {name.strip(): text.strip().strip('"') for name, _, text in pairs}
