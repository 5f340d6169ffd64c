"""Every error code that an answer may carry, and how each transport answers it.

HTTP, server-sent events and WebSocket read this table; docs/errors.md shows it to clients.
"""

from __future__ import annotations

from typing import NamedTuple


class Handling(NamedTuple):
    """How an error is answered."""

    meaning: str
    """For client developers: what is wrong and what to do."""
    status: int = 200
    """The HTTP status, where nothing was executed because of the error; 200 for a code that only
    stands in `errors` beside `data`.
    """
    is_refusal: bool = False
    """Whether the status stands whatever the media type. Otherwise a client that takes plain
    `application/json` gets 200: to it, another status means that no GraphQL server was reached.
    """
    close: int | None = None
    """The WebSocket close code, where the error concerns the connection and not one operation."""
    retry_after: int | None = None
    """Seconds for `Retry-After`, unless the error has `retryAfterSeconds`. An execution that gave
    nothing but errors of such codes is answered with their status.
    """


UNKNOWN = Handling("An error of the request.", 400)
CODES: dict[str, Handling] = {
    # -- not GraphQL over HTTP
    "BAD_REQUEST": Handling("The request or message has the wrong form.", 400, True, close=4400),
    "BATCHING_NOT_SUPPORTED": Handling("Send each operation in a request of its own.", 400, True),
    "METHOD_NOT_ALLOWED": Handling("Use POST, or GET for queries and subscriptions.", 405, True),
    "NOT_ACCEPTABLE": Handling("`Accept` allows no media type that is served.", 406, True),
    "REQUEST_TIMEOUT": Handling("The body did not arrive in time. Send it again.", 408, True),
    "REQUEST_TOO_LARGE": Handling("The body, message or URL is too large.", 413, True, close=1009),
    "UNSUPPORTED_MEDIA_TYPE": Handling("Send `application/json` in UTF-8.", 415, True),
    "UNSUPPORTED_CONTENT_ENCODING": Handling("Send the body uncompressed.", 415, True),
    "SUBSCRIPTION_NOT_SUPPORTED": Handling(
        "A subscription needs WebSocket or `Accept: text/event-stream`.", 400, True
    ),
    # -- who asks
    "UNAUTHENTICATED": Handling("Send an access token.", 401, True, close=4403),
    "TOKEN_INVALID": Handling(
        "The access token is not valid, or its session has ended: sign in again.",
        401,
        True,
        close=4403,
    ),
    "TOKEN_EXPIRED": Handling(
        "The access token has expired: refresh the session.", 401, True, close=4403
    ),
    # -- how much is asked
    "RATE_LIMITED": Handling("Too many attempts: wait.", 429, True, retry_after=5),
    "TOO_MANY_CONNECTIONS": Handling(
        "Too many connections are open from this address or person.",
        429,
        True,
        close=4429,
        retry_after=30,
    ),
    "TOO_MANY_OPERATIONS": Handling(
        "Too many operations are open on this WebSocket: end one, or wait for an answer."
    ),
    "LIMIT_EXCEEDED": Handling("The operation asks for too much: the message says of what.", 400),
    # -- the server's state
    "UNAVAILABLE": Handling(
        "Not possible at the moment. Try again with the same clientMutationId.",
        503,
        True,
        close=1013,
        retry_after=2,
    ),
    "TIMEOUT": Handling("The operation took too long. Ask for less at once.", 503),
    "INTERNAL": Handling(
        "A fault of the server; the message has a reference.", 500, True, close=4500
    ),
    # -- the document
    "GRAPHQL_PARSE_FAILED": Handling("The document is not GraphQL.", 400),
    "GRAPHQL_VALIDATION_FAILED": Handling("The document does not fit the schema.", 400),
    "OPERATION_NOT_FOUND": Handling("`operationName` names no operation of the document.", 400),
    "PERSISTED_QUERY_NOT_FOUND": Handling("Send the document along with its hash.", 400),
    "PERSISTED_QUERY_HASH_MISMATCH": Handling("The hash is not that of the document.", 400),
    # -- values
    "BAD_INPUT": Handling("A variable or argument has the wrong type or size.", 400),
    "BAD_ID": Handling("The id is not of the type that is asked for."),
    "TOO_MANY_IDS": Handling("Ask for fewer ids at once."),
    "BAD_PAGE": Handling("`first` and `last` do not go together, or are out of range."),
    "INVALID_CURSOR": Handling("The cursor is not of this list: begin at its start."),
    "TOO_MANY_ERRORS": Handling("More errors are left out of the answer."),
}


def handling(code: str) -> Handling:
    """How an error of that code is answered."""
    return CODES.get(code, UNKNOWN)


def retry_after(code: str, seconds: float | None) -> int | None:
    """The value of `Retry-After`: the seconds that the error names, or its code's."""
    if seconds is None:
        return handling(code).retry_after
    return max(1, -int(-seconds // 1))
