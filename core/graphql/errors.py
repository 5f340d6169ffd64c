"""Errors that a client may see, and what it sees of those that it may not."""

from __future__ import annotations

import logging
import re
import secrets
from collections.abc import Iterable, Sequence

from graphql import GraphQLError
from strawberry.exceptions import StrawberryInputCoercionError

from core.database.database import DatabaseUnavailable
from core.errors import ClientError, JSONObject

logger = logging.getLogger(__name__)

MESSAGE_LENGTH_AT_MOST = 500
ERRORS_AT_MOST = 100
FAULTS_LOGGED_AT_MOST = 10
UNAVAILABLE = (
    "This could not be finished, and a write may or may not have been done. "
    "Try again in a few seconds, with the same clientMutationId."
)
SCALAR_REFUSED = re.compile(r".*?Value cannot represent an? \w+", re.DOTALL)


def error_entry(error: ClientError) -> JSONObject:
    """The error as it stands in an answer's `errors`."""
    return {"message": error.message, "extensions": error.extensions}


def client_error(failure: Exception) -> ClientError | None:
    """The error that a client is shown for what failed as a whole; None for a fault."""
    if isinstance(failure, ClientError):
        return failure
    if isinstance(failure, DatabaseUnavailable):
        said = "This can't be served at the moment. Try again in a few seconds."
        return ClientError(said, "UNAVAILABLE")
    return None


def timeout_error(seconds: float) -> ClientError:
    """The error of an operation that was given up after so many seconds."""
    return ClientError(
        f"The operation took longer than {seconds:g} seconds and was given up. Ask for less at "
        "once. If it writes, read what became of it before you send it again.",
        "TIMEOUT",
    )


def document_error_entries(errors: Iterable[GraphQLError], code: str) -> list[JSONObject]:
    """What is wrong with a document or its variables, told in the terms of that document."""
    return [_entry(error, _client_words(error), {"code": code}) for error in errors]


def execution_error_entries(
    errors: Sequence[GraphQLError], operation_name: str | None
) -> list[JSONObject]:
    """What a client may know of the errors of an execution. Faults are logged, under the reference
    that the client is shown instead; at most 100 entries are made.
    """
    reference = ""
    logged = 0
    unavailable: DatabaseUnavailable | None = None
    entries = []
    for error in errors[:ERRORS_AT_MOST]:
        extensions = _extensions_for_client(error)
        if extensions is not None:
            entries.append(_entry(error, _client_words(error), extensions))
            continue
        cause = _cause(error)
        if isinstance(cause, DatabaseUnavailable):
            entries.append(_entry(error, UNAVAILABLE, {"code": "UNAVAILABLE"}))
            unavailable = cause
            continue
        reference = reference or new_reference()
        if logged < FAULTS_LOGGED_AT_MOST:
            log_fault(error.original_error or error, reference, operation_name, error.path)
            logged += 1
        entries.append(_entry(error, fault_words(reference), {"code": "INTERNAL"}))
    if unavailable is not None:
        logger.warning(
            "Database unavailable in operation %s: %s", _named(operation_name), unavailable
        )
    if len(errors) > ERRORS_AT_MOST:
        more = f"{len(errors) - ERRORS_AT_MOST} more errors are left out."
        entries.append({"message": more, "extensions": {"code": "TOO_MANY_ERRORS"}})
    return entries


def fault_entry(fault: BaseException, operation_name: str | None = None) -> JSONObject:
    """What a client sees of a fault that is no field's. The fault is logged."""
    reference = new_reference()
    log_fault(fault, reference, operation_name, None)
    return {"message": fault_words(reference), "extensions": {"code": "INTERNAL"}}


def fault_words(reference: str) -> str:
    """What a client is told of a fault."""
    return f"Something went wrong on our side. Reference: {reference}"


def new_reference() -> str:
    """A name by which a fault is found again in the log."""
    return secrets.token_hex(6)


def log_fault(
    fault: BaseException,
    reference: str,
    operation_name: str | None,
    path: Sequence[str | int] | None,
) -> None:
    """Logs the fault with its traceback."""
    logger.error(
        "Fault %s in operation %s at %s",
        reference,
        _named(operation_name),
        ".".join(map(str, path)) if path else "(no field)",
        exc_info=fault,
    )


def _extensions_for_client(error: GraphQLError) -> JSONObject | None:
    """The extensions of an error that is the client's to know; None for a fault."""
    cause = _cause(error)
    if isinstance(cause, ClientError):
        return cause.extensions
    if not isinstance(cause, GraphQLError):
        # A scalar that fails to read a variable is the client's matter; all else is ours.
        return {"code": "BAD_INPUT"} if error.path is None and error.nodes else None
    if cause.extensions and "code" in cause.extensions:
        return cause.extensions
    # What the executor refuses in a request points into the document; what goes wrong with a
    # resolver's value does not, until the executor adds the field.
    return {"code": "BAD_INPUT"} if cause.nodes or error.path is None else None


def _named(operation_name: str | None) -> str:
    return (operation_name or "(unnamed)")[:100]


def _cause(error: GraphQLError) -> BaseException:
    cause: BaseException = error
    while isinstance(cause, GraphQLError) and cause.original_error is not None:
        cause = cause.original_error
    return cause


def _entry(error: GraphQLError, message: str, extensions: JSONObject) -> JSONObject:
    entry: JSONObject = {"message": message}
    if error.locations:
        entry["locations"] = [
            {"line": place.line, "column": place.column} for place in error.locations[:10]
        ]
    if error.path is not None:
        entry["path"] = error.path
    entry["extensions"] = extensions
    return entry


def _client_words(error: GraphQLError) -> str:
    """The error's message without what a library said about a value, and not too long."""
    message = error.message
    cause = _cause(error)
    if isinstance(cause, StrawberryInputCoercionError):
        found = SCALAR_REFUSED.match(message)
        message = f"{found.group()}." if found else "A value is not of its type."
    elif not isinstance(cause, (GraphQLError, ClientError)):
        message = message.replace(f", but encountered error '{cause}'; found", ", found")
    if len(message) > MESSAGE_LENGTH_AT_MOST:
        message = message[:MESSAGE_LENGTH_AT_MOST] + "…"
    return message
