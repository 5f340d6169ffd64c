"""Every error code that a response may carry, and how each transport reports it.

HTTP, server-sent events and WebSocket read this table; docs/errors.md shows it to clients.
"""

from __future__ import annotations

from typing import NamedTuple


class ErrorHandling(NamedTuple):
    """How an error code is reported."""

    meaning: str
    """For client developers: what is wrong and what to do."""
    status: int = 200
    """The HTTP status if the error prevented execution; 200 for a code that only occurs in `errors`
    beside `data`.
    """
    is_http_error: bool = False
    """Whether the status applies to every media type. Otherwise a client that accepts plain
    `application/json` gets 200: to it, another status means that no GraphQL server was reached.
    """
    close_code: int | None = None
    """The WebSocket close code if the error concerns the connection and not one operation."""
    retry_after: int | None = None
    """Seconds to wait, for `retryAfterSeconds` and `Retry-After`, unless the error has its own. If an execution returns
    only errors with such codes, the response has their status.
    """
    draft_status: int | None = None
    """The status where DRAFT_STATUSES is set, if it is another one."""


UNKNOWN = ErrorHandling("An error of the request.", 400)
CODES: dict[str, ErrorHandling] = {
    # -- HTTP and message format
    "BAD_REQUEST": ErrorHandling(
        "The request or message has the wrong form.",
        400,
        True,
        close_code=4400,
        draft_status=422,
    ),
    "BATCHING_NOT_SUPPORTED": ErrorHandling(
        "Send each operation in a request of its own.", 400, True, draft_status=422
    ),
    "METHOD_NOT_ALLOWED": ErrorHandling(
        "Use POST, or GET or QUERY for queries and subscriptions.", 405, True
    ),
    "NOT_ACCEPTABLE": ErrorHandling("`Accept` allows no media type that is served.", 406, True),
    "REQUEST_TIMEOUT": ErrorHandling("The body did not arrive in time. Send it again.", 408, True),
    "REQUEST_TOO_LARGE": ErrorHandling(
        "The body, message or URL is too large.", 413, True, close_code=1009
    ),
    "UNSUPPORTED_MEDIA_TYPE": ErrorHandling("Send `application/json` in UTF-8.", 415, True),
    "UNSUPPORTED_CONTENT_ENCODING": ErrorHandling("Send the body uncompressed.", 415, True),
    "SUBSCRIPTION_NOT_SUPPORTED": ErrorHandling(
        "A subscription needs WebSocket or `Accept: text/event-stream`.", 400, True
    ),
    # -- authentication
    "UNAUTHENTICATED": ErrorHandling("Send an access token.", 401, True, close_code=4403),
    "TOKEN_INVALID": ErrorHandling(
        "The access token is not valid, or its session has ended: sign in again.",
        401,
        True,
        close_code=4403,
    ),
    "TOKEN_EXPIRED": ErrorHandling(
        "The access token has expired: refresh the session.", 401, True, close_code=4403
    ),
    "INTROSPECTION_DISABLED": ErrorHandling(
        "The schema can be read only with an access token.", 400
    ),
    "ORIGIN_NOT_ALLOWED": ErrorHandling(
        "Pages of this origin may not open live connections.", 403, True
    ),
    # -- limits
    "RATE_LIMITED": ErrorHandling(
        "Too much was asked, or too often: wait.", 429, True, retry_after=5
    ),
    "TOO_MANY_CONNECTIONS": ErrorHandling(
        "Too many connections are open from this address or for this user.",
        429,
        True,
        close_code=4429,
        retry_after=30,
    ),
    "TOO_MANY_OPERATIONS": ErrorHandling(
        "Too many operations are open on this WebSocket: complete one, or wait for a result."
    ),
    "LIMIT_EXCEEDED": ErrorHandling(
        "The operation exceeds a limit; the message names it.", 400, draft_status=422
    ),
    # -- the server's state
    "UNAVAILABLE": ErrorHandling(
        "Temporarily unavailable. Try again with the same clientMutationId.",
        503,
        True,
        close_code=1013,
        retry_after=2,
    ),
    "TIMEOUT": ErrorHandling("The operation took too long. Request less at once.", 503),
    "INTERNAL": ErrorHandling(
        "An internal error of the server; the message has a reference.", 500, True, close_code=4500
    ),
    # -- the document
    "GRAPHQL_PARSE_FAILED": ErrorHandling("The document is not valid GraphQL syntax.", 400),
    "GRAPHQL_VALIDATION_FAILED": ErrorHandling(
        "The document does not match the schema.", 400, draft_status=422
    ),
    "OPERATION_NOT_FOUND": ErrorHandling(
        "`operationName` names no operation of the document.", 400, draft_status=422
    ),
    "PERSISTED_QUERY_NOT_FOUND": ErrorHandling("Send the document along with its hash.", 400),
    "PERSISTED_QUERY_HASH_MISMATCH": ErrorHandling("The hash is not that of the document.", 400),
    "DOCUMENT_NOT_TRUSTED": ErrorHandling(
        "The server executes only documents that its operator has trusted.", 403
    ),
    # -- values
    "BAD_INPUT": ErrorHandling(
        "A variable or argument has the wrong type or size.", 400, draft_status=422
    ),
    "BAD_ID": ErrorHandling(
        "The id is malformed; for `postInteractions` also one that is not of a post."
    ),
    "TOO_MANY_IDS": ErrorHandling("Request fewer ids at once."),
    "BAD_PAGE": ErrorHandling("`first` and `last` were both sent, or are out of range."),
    "INVALID_CURSOR": ErrorHandling(
        "The cursor does not belong to this list: start from the beginning."
    ),
    "CURSOR_EXPIRED": ErrorHandling(
        "The ranking that the cursor belongs to has been replaced: start from the beginning."
    ),
    "INVALID_QUERY": ErrorHandling(
        "The text of a search can't be read; `position` says where, in characters from 1."
    ),
    "TOO_MANY_ERRORS": ErrorHandling("The response omits further errors."),
}


class ErrorDocs:
    """Where docs/errors.md is published. Set once, when the process is composed."""

    url: str | None = None
    """Its address; None: errors have no link."""

    def link(self, code: str) -> str:
        """The address of a code's entry. There must be a `url`."""
        return f"{self.url}#{code.lower()}"


ERROR_DOCS = ErrorDocs()


def handling(code: str) -> ErrorHandling:
    """How an error with this code is reported."""
    return CODES.get(code, UNKNOWN)


def status_of(code: str, *, draft: bool) -> int:
    """The HTTP status of an error that prevented execution. `draft`: whether DRAFT_STATUSES is set."""
    handled = handling(code)
    return (draft and handled.draft_status) or handled.status


def retry_after(code: str, seconds: float | None) -> int | None:
    """The value of `Retry-After`: the seconds of the error, or the default of its code."""
    if seconds is None:
        return handling(code).retry_after
    return max(1, -int(-seconds // 1))
