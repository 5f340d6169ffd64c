"""Errors for clients: those of a whole request, and those that a mutation returns as data."""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import Enum
from typing import Any, NamedTuple

JSONObject = dict[str, Any]

SESSION_ENDED = "The session has ended: sign in again."
WORD_BEGINS = re.compile(r"(?<!^)(?=[A-Z])")


class ClientError(Exception):
    """An error with a message for the client's developer and a code for the client."""

    def __init__(self, message: str, code: str, **details: Any) -> None:
        """`details`: further extensions of the error, as JSON."""
        super().__init__(message)
        self.message = message
        self.code = code
        self.extensions: JSONObject = {"code": code, **details}


def account_removed() -> ClientError:
    """The error for a viewer whose account was deleted after the access token was issued."""
    return ClientError("This account has been removed.", "UNAUTHENTICATED")


class ErrorCode(Enum):
    """Why a mutation was refused. `core/graphql/user_errors.py` describes each code."""

    INVALID_INPUT = "INVALID_INPUT"
    NOT_FOUND = "NOT_FOUND"
    NOT_ALLOWED = "NOT_ALLOWED"
    USERNAME_TAKEN = "USERNAME_TAKEN"
    CREDENTIALS_REFUSED = "CREDENTIALS_REFUSED"
    TOKEN_REFUSED = "TOKEN_REFUSED"  # noqa: S105  # a code
    IDEMPOTENCY_KEY_REUSED = "IDEMPOTENCY_KEY_REUSED"
    SIGN_UP_CLOSED = "SIGN_UP_CLOSED"
    ACCOUNT_DELETED = "ACCOUNT_DELETED"
    ACCOUNT_SUSPENDED = "ACCOUNT_SUSPENDED"
    LIMIT_REACHED = "LIMIT_REACHED"
    MEDIA_NOT_USABLE = "MEDIA_NOT_USABLE"


class Problem(NamedTuple):
    """An expected failure. `path` is that of the input field, as in `("input", "text")`; empty if there is none."""

    code: ErrorCode
    message: str
    path: tuple[str, ...] = ()


class MutationRefused(Exception):
    """The mutation is refused and has no effect. `problems` says why."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__(*problems)
        self.problems = problems


def refuse(code: ErrorCode, message: str, *path: str) -> MutationRefused:
    """The exception to raise for one problem."""
    return MutationRefused(Problem(code, message, path))


def not_found(type_name: str, field: str) -> MutationRefused:
    """The refusal of an input's id that names no object of this GraphQL type visible to the viewer."""
    words = WORD_BEGINS.sub(" ", type_name).lower()
    return refuse(ErrorCode.NOT_FOUND, f"There is no such {words}.", "input", field)


class InputRules:
    """Validates all fields of an input, before any SQL."""

    def __init__(self) -> None:
        self._problems: list[Problem] = []

    def check(self, field: str, rule: Callable[..., Any], *arguments: Any) -> Any:
        """The result of the rule; None if it raises ValueError, whose message becomes a problem of the field."""
        try:
            return rule(*arguments)
        except ValueError as error:
            self.reject(field, str(error))
            return None

    def reject(self, field: str, message: str) -> None:
        """Adds a problem of the field."""
        self._problems.append(Problem(ErrorCode.INVALID_INPUT, message, ("input", field)))

    def raise_problems(self) -> None:
        """Raises MutationRefused if any rule failed."""
        if self._problems:
            raise MutationRefused(*self._problems)
