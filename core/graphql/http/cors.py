"""Cross-origin resource sharing: which web pages may call the API."""

from __future__ import annotations

from collections.abc import Iterable

from core.graphql.http.http_errors import Headers

PREFLIGHT_SECONDS = 7_200
ALLOW = (b"allow", b"GET, POST, OPTIONS")


class CORSPolicy:
    """An allow-list of origins. No credentials mode: pages send the access token in a header."""

    def __init__(self, origins: Iterable[str]) -> None:
        """`origins`: for example https://app.example.org; `*` allows all."""
        self._origins = frozenset(origin.encode("ascii") for origin in origins)
        self._all = b"*" in self._origins

    def headers(self, origin: bytes | None) -> Headers:
        """The headers that allow a page of this origin to read a response; none if it may not."""
        if not self._origins:
            return ()
        vary = () if self._all else ((b"vary", b"origin"),)
        if origin is None or not self._allows(origin):
            return vary
        allowed = b"*" if self._all else origin
        return (
            (b"access-control-allow-origin", allowed),
            (b"access-control-expose-headers", b"retry-after"),
            *vary,
        )

    def preflight(self, origin: bytes | None) -> Headers:
        """The headers of a response to a preflight request, besides `headers`."""
        if origin is None or not self._allows(origin):
            return (ALLOW,)
        return (
            ALLOW,
            (b"access-control-allow-methods", b"GET, POST"),
            (b"access-control-allow-headers", b"authorization, content-type, last-event-id"),
            (b"access-control-max-age", b"%d" % PREFLIGHT_SECONDS),
        )

    def _allows(self, origin: bytes) -> bool:
        return self._all or origin in self._origins
