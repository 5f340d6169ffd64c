"""Requests that HTTP itself refuses."""

from __future__ import annotations

from collections.abc import Sequence

from core.errors import ClientError
from core.graphql.codes import handling

Headers = Sequence[tuple[bytes, bytes]]


class HTTPError(ClientError):
    """A request that is refused with headers of its own, or with another status than its code's."""

    def __init__(
        self, message: str, code: str, headers: Headers = (), *, status: int | None = None
    ) -> None:
        super().__init__(message, code)
        self.status = handling(code).status if status is None else status
        self.headers = headers


class ClientGone(Exception):
    """The client went away before it had sent its request."""


def bad_request(message: str, code: str = "BAD_REQUEST") -> HTTPError:
    """A refusal of something that is no GraphQL request."""
    return HTTPError(message, code)
