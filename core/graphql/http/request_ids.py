"""The id of a request, by which its response, its log lines and its jobs are found."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from itertools import count

from starlette.types import Scope

HEADER = b"x-request-id"
FORM = re.compile(rb"[\w.:-]{1,80}")
KEY = "feed.request_id"


def _new_ids() -> Iterator[str]:
    """Ids that no other process makes, nor one that was forked before the first."""
    prefix = secrets.token_hex(6)
    # An id is no secret, so a number suffices and costs no system call.
    for number in count(1):
        yield f"{prefix}-{number:x}"


_ids = _new_ids()


def request_id(scope: Scope) -> str:
    """The id that a proxy has given the request in `X-Request-ID`, or a new one; the same at each call."""
    found: str | None = scope.get(KEY)
    if found is None:
        given = dict(scope["headers"]).get(HEADER, b"")
        is_usable = given and FORM.fullmatch(given)
        found = given.decode("ascii") if is_usable else next(_ids)
        scope[KEY] = found
    return found


def cause(scope: Scope) -> str:
    """The request as the cause of jobs and log lines."""
    return f"request {request_id(scope)}"
