"""Errors of HTTP requests."""

from __future__ import annotations

from collections.abc import Sequence

from core.errors import ClientError
from core.graphql.codes import handling

Headers = Sequence[tuple[bytes, bytes]]
CLOSE = (b"connection", b"close")


class HTTPError(ClientError):
    """An error with additional headers, or with another status than its code has."""

    def __init__(
        self, message: str, code: str, headers: Headers = (), *, status: int | None = None
    ) -> None:
        super().__init__(message, code)
        self.own_status = status
        self.status = handling(code).status if status is None else status
        self.headers = headers


class ClientDisconnected(Exception):
    """The client disconnected before it had sent the whole request."""


def bad_request(message: str, code: str = "BAD_REQUEST") -> HTTPError:
    """The error for a request of the wrong form."""
    return HTTPError(message, code)


def mutation_without_post(method: str) -> HTTPError:
    """The error for a mutation by GET or QUERY."""
    status = 422 if method == "QUERY" else 405
    return HTTPError(
        "Send mutations by POST.", "METHOD_NOT_ALLOWED", ((b"allow", b"POST"),), status=status
    )


def unreadable(message: str) -> HTTPError:
    """The error for a request that can't be parsed."""
    return HTTPError(message, "BAD_REQUEST", status=400)
