"""Lets browsers and caches keep answers to anonymous queries, and clients ask whether theirs is still current.

Source: RFC 9110, section 13, and RFC 9111.
"""

from __future__ import annotations

from hashlib import blake2b

from core.graphql.http.responses import Response

VARY = (b"vary", b"accept, accept-encoding, authorization, graphql-cost")
"""The request headers on which an answer to an anonymous query depends, besides those of CORS."""


def cacheable(response: Response, seconds: float, if_none_match: bytes | None) -> Response:
    """The response with its entity tag, to be kept for so long; 304 for a client that has it already.

    Whole seconds, rounded down: no cache shows it longer than the server itself would.
    """
    tag = _entity_tag(response)
    caching = (
        (b"cache-control", b"public, max-age=%d, must-revalidate" % int(seconds)),
        (b"etag", tag),
        VARY,
    )
    if if_none_match is not None and is_known(tag, if_none_match):
        return response._replace(status=304, body=b"", caching=caching)
    return response._replace(caching=caching)


def _entity_tag(response: Response) -> bytes:
    # The same bytes under another media type are another representation. Weak, because compressed bytes have it, too.
    hashed = blake2b(response.body, digest_size=16, key=response.media_type)
    return b'W/"%b"' % hashed.hexdigest().encode()


def is_known(tag: bytes, if_none_match: bytes) -> bool:
    """Whether a client with this header If-None-Match has what the tag names."""
    tags = [each.strip().removeprefix(b"W/") for each in if_none_match.split(b",")]
    return tag.removeprefix(b"W/") in tags or tags == [b"*"]
