"""The id of a request, by which its response, its log lines and its jobs are found."""

from __future__ import annotations

import re
import secrets
from itertools import count

from starlette.types import Scope

HEADER = b"x-request-id"
FORM = re.compile(rb"[\w.:-]{1,80}")
KEY = "feed.request_id"
PREFIX = secrets.token_hex(6)
"""Differs between processes. An id is no secret, so a number after it suffices and costs no system call."""

_numbers = count(1)


def request_id(scope: Scope) -> str:
    """The id that a proxy has given the request in `X-Request-ID`, or a new one; the same at each call."""
    found: str | None = scope.get(KEY)
    if found is None:
        given = dict(scope["headers"]).get(HEADER, b"")
        is_usable = given and FORM.fullmatch(given)
        found = given.decode("ascii") if is_usable else f"{PREFIX}-{next(_numbers):x}"
        scope[KEY] = found
    return found


def cause(scope: Scope) -> str:
    """The request as the cause of jobs and log lines."""
    return f"request {request_id(scope)}"
