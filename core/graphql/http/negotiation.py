"""Media types: what a client sends, and what it takes."""

from __future__ import annotations

from functools import lru_cache

from core.graphql.http.refusals import Refusal

JSON = b"application/json; charset=utf-8"
GRAPHQL = b"application/graphql-response+json; charset=utf-8"
HTML = b"text/html; charset=utf-8"
HEADER_LENGTH_AT_MOST = 1_000
UTF_8 = frozenset({"utf-8", "utf8"})

Quality = tuple[float, int]
"""How much a type is wanted, and how exactly it was named: 2 by name, 1 by `type/*`, 0 by `*/*`."""


def response_type(accept: bytes | None) -> bytes:
    """The media type of the answer. Errors: 406."""
    if accept is None:
        return JSON
    found = _chosen(accept[:HEADER_LENGTH_AT_MOST], False)
    if found is None:
        raise Refusal(
            406,
            "Accept one of application/graphql-response+json and application/json, in UTF-8.",
            "NOT_ACCEPTABLE",
        )
    return found


def wants_page(accept: bytes | None) -> bool:
    """Whether the client is a browser that wants to see a page."""
    return accept is not None and _chosen(accept[:HEADER_LENGTH_AT_MOST], True) == HTML


@lru_cache(maxsize=256)
def check_content_type(content_type: bytes | None) -> None:
    """Errors: 415 for all but JSON in UTF-8."""
    if content_type == b"application/json":
        return
    advice = "Send the request as application/json, in UTF-8."
    media, parameters = _parsed((content_type or b"").decode("latin-1"))
    if media != "application/json":
        said = "The body's media type is not one that this server reads."
        if content_type is None:
            said = "The request has no Content-Type."
        raise Refusal(415, f"{said} {advice}", "UNSUPPORTED_MEDIA_TYPE", _ACCEPT_POST)
    if parameters.get("charset", "utf-8") not in UTF_8:
        said = f"The body's character set is not UTF-8. {advice}"
        raise Refusal(415, said, "UNSUPPORTED_MEDIA_TYPE", _ACCEPT_POST)


def check_content_encoding(content_encoding: bytes | None) -> None:
    """Errors: 415 for a compressed body."""
    if content_encoding is None or content_encoding.strip().lower() in {b"", b"identity"}:
        return
    said = "Compressed bodies are not read. Send the body as it is, without Content-Encoding."
    headers = ((b"accept-encoding", b"identity"),)
    raise Refusal(415, said, "UNSUPPORTED_CONTENT_ENCODING", headers)


_ACCEPT_POST = ((b"accept-post", b"application/json; charset=utf-8"),)


@lru_cache(maxsize=256)
def _chosen(accept: bytes, page: bool) -> bytes | None:
    """The best of what is offered. Among equals the more special type wins if it is named, and
    plain JSON if any type will do.
    """
    ranges = _ranges(accept.decode("latin-1"))
    offers = {"application/graphql-response+json": GRAPHQL, "application/json": JSON}
    if page:
        offers = {"text/html": HTML, **offers}
    found = []
    for place, (media, answer) in enumerate(offers.items()):
        quality, exactness = _quality(media, ranges)
        if quality > 0:
            found.append((quality, exactness, -place if exactness == 2 else place, answer))
    return max(found)[3] if found else None


def _ranges(accept: str) -> list[tuple[str, float]]:
    ranges = []
    for part in accept.split(","):
        media, parameters = _parsed(part)
        if parameters.get("charset", "utf-8") not in UTF_8:
            continue
        try:
            quality = float(parameters.get("q", "1"))
        except ValueError:
            continue
        ranges.append((media, quality if 0 <= quality <= 1 else 0))
    return ranges


def _quality(media: str, ranges: list[tuple[str, float]]) -> Quality:
    """By the range that names the type most exactly."""
    wider = (media, media.partition("/")[0] + "/*", "*/*")
    for exactness, name in zip((2, 1, 0), wider, strict=True):
        qualities = [quality for known, quality in ranges if known == name]
        if qualities:
            return max(qualities), exactness
    return 0, 0


def _parsed(value: str) -> tuple[str, dict[str, str]]:
    """A media type and its parameters, all in lower case."""
    media, *parameters = value.lower().split(";")
    pairs = (parameter.partition("=") for parameter in parameters)
    return media.strip(), {name.strip(): text.strip().strip('"') for name, _, text in pairs}
