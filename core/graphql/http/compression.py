"""Compresses responses by gzip, for clients that accept it."""

from __future__ import annotations

import re
from functools import lru_cache

from isal import isal_zlib

from core.graphql.http.http_errors import Headers

LEVEL = 1
GZIP = 31
"""The window size of zlib that stands for gzip's format."""
MAX_HEADER_LENGTH = 1_000
NO_WEIGHT = re.compile(rb"\s*q\s*=\s*0(?:\.0{0,3})?\s*", re.IGNORECASE)
VARY = (b"vary", b"accept-encoding")


def compressed(body: bytes, accepted: bytes | None) -> tuple[bytes, Headers]:
    """The body, compressed if `Accept-Encoding` allows it, and the header fields that say so."""
    if accepted is None or not accepts_gzip(accepted):
        return body, (VARY,)
    return isal_zlib.compress(body, LEVEL, GZIP), (VARY, (b"content-encoding", b"gzip"))


@lru_cache(maxsize=256)
def accepts_gzip(accepted: bytes) -> bool:
    """Whether a client with this `Accept-Encoding` takes gzip. Source: RFC 9110, section 12.5.3."""
    found = {}
    for element in accepted[:MAX_HEADER_LENGTH].lower().split(b","):
        name, _, weight = element.partition(b";")
        found[name.strip()] = NO_WEIGHT.fullmatch(weight) is None
    return found.get(b"gzip", found.get(b"*", False))
