"""Requests that HTTP itself refuses."""

from __future__ import annotations

from collections.abc import Sequence

from core.graphql.errors import ClientError

Headers = Sequence[tuple[bytes, bytes]]

STATUS_BY_CODE = {
    "UNAUTHENTICATED": 401,
    "TOKEN_INVALID": 401,
    "TOKEN_EXPIRED": 401,
    "FORBIDDEN": 403,
    "RATE_LIMITED": 429,
    "TOO_MANY_CONNECTIONS": 429,
    "UNAVAILABLE": 503,
}
"""What a request that is turned away as a whole is answered with, whatever the media type."""


class Refusal(ClientError):
    """A request that is answered with this status, whatever the media type."""

    def __init__(self, status: int, message: str, code: str, headers: Headers = ()) -> None:
        super().__init__(message, code)
        self.status = status
        self.headers = headers


class ClientGone(Exception):
    """The client went away before it had sent its request."""


def bad_request(message: str, code: str = "BAD_REQUEST") -> Refusal:
    """A refusal of something that is no GraphQL request."""
    return Refusal(400, message, code)


def turned_away(error: ClientError) -> Refusal | None:
    """The refusal for an error that stands for the whole request; None if its code is no such."""
    if isinstance(error, Refusal):
        return error
    status = STATUS_BY_CODE.get(error.code)
    if status is None:
        return None
    headers: list[tuple[bytes, bytes]] = []
    if status == 401:
        headers.append((b"www-authenticate", b"Bearer"))
    wait = error.extensions.get("retryAfterSeconds")
    if wait is not None:
        headers.append((b"retry-after", b"%d" % max(1, -int(-wait // 1))))
    refusal = Refusal(status, error.message, error.code, headers)
    refusal.extensions = error.extensions
    return refusal
