"""Errors as entries of a response: those for clients as they are, all others masked and logged."""

from __future__ import annotations

import logging
import re
import secrets
from collections.abc import Iterable, Sequence

from graphql import GraphQLError
from strawberry.exceptions import StrawberryInputCoercionError

from core.database.database import DatabaseUnavailable
from core.errors import ClientError, JSONObject
from core.graphql.codes import ERROR_DOCS, handling

logger = logging.getLogger(__name__)

MAX_MESSAGE_LENGTH = 500
MAX_ERRORS = 100
MAX_FAULTS_LOGGED = 10
UNAVAILABLE = (
    "The operation could not be completed, and a write may or may not have been applied. "
    "Try again in a few seconds, with the same clientMutationId."
)
SCALAR_REFUSED = re.compile(r".*?Value cannot represent an? \w+", re.DOTALL)


def error_entry(error: ClientError) -> JSONObject:
    """The error as an entry of `errors` in a response."""
    return {"message": error.message, "extensions": _completed(error.extensions)}


def with_request_id(entries: Iterable[JSONObject], request_id: str) -> list[JSONObject]:
    """The entries with the id of the request that they answer. They may be kept for other requests."""
    return [
        {**entry, "extensions": {**entry["extensions"], "requestId": request_id}}
        for entry in entries
    ]


def client_error(failure: Exception) -> ClientError | None:
    """The error to show a client for a request that failed as a whole; None for a fault."""
    if isinstance(failure, ClientError):
        return failure
    if isinstance(failure, DatabaseUnavailable):
        message = "The service is temporarily unavailable. Try again in a few seconds."
        return ClientError(message, "UNAVAILABLE")
    return None


def timeout_error(seconds: float) -> ClientError:
    """The error of an operation that was cancelled after so many seconds."""
    return ClientError(
        f"The operation took longer than {seconds:g} seconds and was cancelled. Request less at "
        "once. If it is a mutation, check whether it took effect before you send it again.",
        "TIMEOUT",
    )


def document_error_entries(errors: Iterable[GraphQLError], code: str) -> list[JSONObject]:
    """The errors of a document or of its variables."""
    return [_entry(error, _client_message(error), {"code": code}) for error in errors]


def execution_error_entries(
    errors: Sequence[GraphQLError], operation_name: str | None
) -> list[JSONObject]:
    """The errors of an execution as a client may see them: at most 100 entries, faults masked.

    Faults are logged with the reference that their entries show.
    """
    reference = ""
    logged = 0
    unavailable: DatabaseUnavailable | None = None
    entries = []
    for error in errors[:MAX_ERRORS]:
        extensions = _extensions_for_client(error)
        if extensions is not None:
            entries.append(_entry(error, _client_message(error), extensions))
            continue
        cause = cause_of(error)
        if isinstance(cause, DatabaseUnavailable):
            entries.append(_entry(error, UNAVAILABLE, {"code": "UNAVAILABLE"}))
            unavailable = cause
            continue
        reference = reference or new_reference()
        if logged < MAX_FAULTS_LOGGED:
            log_fault(error.original_error or error, reference, operation_name, error.path)
            logged += 1
        entries.append(_entry(error, fault_message(reference), {"code": "INTERNAL"}))
    if unavailable is not None:
        logger.warning(
            "Database unavailable in operation %s: %s", _loggable(operation_name), unavailable
        )
    if len(errors) > MAX_ERRORS:
        more = f"{len(errors) - MAX_ERRORS} more errors are omitted."
        entries.append(error_entry(ClientError(more, "TOO_MANY_ERRORS")))
    return entries


def fault_entry(fault: BaseException, operation_name: str | None = None) -> JSONObject:
    """The masked entry of a fault outside of any field. Logs the fault."""
    reference = new_reference()
    log_fault(fault, reference, operation_name, None)
    return error_entry(ClientError(fault_message(reference), "INTERNAL"))


def fault_message(reference: str) -> str:
    """The message that clients get for every fault."""
    return f"Something went wrong on our side. Reference: {reference}"


def new_reference() -> str:
    """A random id that connects a client's error with the fault in the log."""
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
        _loggable(operation_name),
        ".".join(map(str, path)) if path else "(no field)",
        exc_info=fault,
    )


def _extensions_for_client(error: GraphQLError) -> JSONObject | None:
    """The extensions of an error that the client may see; None for a fault."""
    cause = cause_of(error)
    if isinstance(cause, ClientError):
        return cause.extensions
    if not isinstance(cause, GraphQLError):
        # A scalar that rejects a variable is an error of the client; anything else is a fault.
        return {"code": "BAD_INPUT"} if error.path is None and error.nodes else None
    if cause.extensions and "code" in cause.extensions:
        return cause.extensions
    if isinstance(cause, StrawberryInputCoercionError):
        return {"code": "BAD_INPUT"}
    # The executor's errors about the request have locations in the document. Its errors about a
    # resolver's value have none before it adds the field.
    return {"code": "BAD_INPUT"} if cause.nodes or error.path is None else None


def _loggable(operation_name: str | None) -> str:
    return (operation_name or "(unnamed)")[:100]


def cause_of(error: BaseException) -> BaseException:
    """What a resolver raised, without the errors in which executors wrap it."""
    while isinstance(error, GraphQLError) and error.original_error is not None:
        error = error.original_error
    return error


def _entry(error: GraphQLError, message: str, extensions: JSONObject) -> JSONObject:
    entry: JSONObject = {"message": message}
    if error.locations:
        entry["locations"] = [
            {"line": place.line, "column": place.column} for place in error.locations[:10]
        ]
    if error.path is not None:
        entry["path"] = error.path
    entry["extensions"] = _completed(extensions)
    return entry


def _completed(extensions: JSONObject) -> JSONObject:
    """The extensions with what is the same for all errors of their code: how long to wait, and the address of its entry
    in docs/errors.md.
    """
    code = extensions["code"]
    seconds = handling(code).retry_after
    if seconds is not None:
        extensions = {"retryAfterSeconds": seconds, **extensions}
    if ERROR_DOCS.url is not None:
        extensions = {**extensions, "documentation": ERROR_DOCS.link(code)}
    return extensions


def _client_message(error: GraphQLError) -> str:
    """The error's message, truncated, and without the text of an exception from parsing a value."""
    message = error.message
    cause = cause_of(error)
    if isinstance(cause, StrawberryInputCoercionError):
        found = SCALAR_REFUSED.match(message)
        message = f"{found.group()}." if found else "A value has the wrong type."
    elif not isinstance(cause, (GraphQLError, ClientError)):
        message = message.replace(f", but encountered error '{cause}'; found", ", found")
    if len(message) > MAX_MESSAGE_LENGTH:
        message = message[:MAX_MESSAGE_LENGTH] + "…"
    return message
