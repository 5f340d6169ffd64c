"""Cross-origin resource sharing: which web pages may call the API."""

from __future__ import annotations

import re
from collections.abc import Iterable

from core.graphql.http.http_errors import Headers, HTTPError

PREFLIGHT_SECONDS = 7_200
ALLOW = (b"allow", b"GET, POST, QUERY, OPTIONS")
ANY_PORT = b":*"
PORT = re.compile(rb":[0-9]{1,5}$")
HEADERS = b"authorization, content-type, last-event-id"
"""The request headers that are allowed to a page that asks for none, or for what are no names of headers."""
EXPOSED = b"retry-after, x-request-id"
"""The response headers that a page may read."""
HEADER_NAMES = re.compile(rb"[A-Za-z0-9_, -]{1,1000}")


def check_origin(policy: CORSPolicy | None, origin: bytes | None) -> None:
    """Errors: ORIGIN_NOT_ALLOWED for a live connection from a page whose origin the policy does not allow.

    Browsers open WebSockets to any server without asking it first, unlike other requests. Clients outside of browsers
    send no origin.
    """
    if policy is not None and origin is not None and not policy.allows(origin):
        raise HTTPError(
            "Pages of this origin may not open live connections. The server's setting CORS_ORIGINS allows origins.",
            "ORIGIN_NOT_ALLOWED",
        )


class CORSPolicy:
    """An allow-list of origins. No credentials mode: pages send the access token in a header."""

    def __init__(self, origins: Iterable[str]) -> None:
        """`origins`: for example https://app.example.org; http://localhost:* allows all its ports, `*` all origins."""
        given = frozenset(origin.encode("ascii") for origin in origins)
        self._any = bool(given)
        self._all = b"*" in given
        self._origins = frozenset(origin for origin in given if not origin.endswith(ANY_PORT))
        self._with_any_port = frozenset(
            each.removesuffix(ANY_PORT) for each in given - self._origins
        )

    def headers(self, origin: bytes | None) -> Headers:
        """The headers that allow a page of this origin to read a response; none if it may not."""
        if not self._any:
            return ()
        vary = () if self._all else ((b"vary", b"origin"),)
        if origin is None or not self.allows(origin):
            return vary
        allowed = b"*" if self._all else origin
        return (
            (b"access-control-allow-origin", allowed),
            (b"access-control-expose-headers", EXPOSED),
            *vary,
        )

    def preflight(self, origin: bytes | None, requested: bytes | None) -> Headers:
        """The headers of a response to a preflight request, besides `headers`.

        `requested`: the headers that the page asks for. All are allowed, as those of tracing libraries: the server
        ignores headers that it does not know.
        """
        if origin is None or not self.allows(origin):
            return (ALLOW,)
        allowed = HEADERS
        if requested is not None and HEADER_NAMES.fullmatch(requested):
            allowed = requested
        return (
            ALLOW,
            (b"access-control-allow-methods", b"GET, POST, QUERY"),
            (b"access-control-allow-headers", allowed),
            (b"access-control-max-age", b"%d" % PREFLIGHT_SECONDS),
            (b"vary", b"access-control-request-headers"),
        )

    def allows(self, origin: bytes) -> bool:
        """Whether pages of this origin may call the API."""
        if self._all or origin in self._origins:
            return True
        return bool(self._with_any_port) and PORT.sub(b"", origin) in self._with_any_port
