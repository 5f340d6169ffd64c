"""The id of a request, by which its jobs and their log lines are found."""

from __future__ import annotations

import re
import secrets

from starlette.types import Scope

HEADER = b"x-request-id"
FORM = re.compile(rb"[\w.:-]{1,80}")
KEY = "feed.request_id"


def request_id(scope: Scope) -> str:
    """The id that a proxy has given the request in `X-Request-ID`, or a random one; the same at each call."""
    found: str | None = scope.get(KEY)
    if found is None:
        given = dict(scope["headers"]).get(HEADER, b"")
        id = given.decode("ascii") if FORM.fullmatch(given) else secrets.token_hex(8)
        found = scope[KEY] = f"request {id}"
    return found
