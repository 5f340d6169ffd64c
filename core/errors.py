"""Errors for clients: those of a whole request, and those that a mutation returns as data."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Any, NamedTuple

JSONObject = dict[str, Any]

SESSION_ENDED = "The session has ended: sign in again."


class ClientError(Exception):
    """A request that can't be answered, said in our words, with a code that a program can read."""

    def __init__(self, message: str, code: str, **details: Any) -> None:
        """`details`: what else a program may want to know, as JSON, beside the code."""
        super().__init__(message)
        self.message = message
        self.code = code
        self.extensions: JSONObject = {"code": code, **details}


def account_removed() -> ClientError:
    """The error for a viewer whose account was deleted after the access token was issued."""
    return ClientError("This account has been removed.", "UNAUTHENTICATED")


class ErrorCode(Enum):
    """Why a mutation did nothing, for a program. `core/graphql/user_errors.py` describes each."""

    INVALID_INPUT = "INVALID_INPUT"
    NOT_FOUND = "NOT_FOUND"
    NOT_ALLOWED = "NOT_ALLOWED"
    USERNAME_TAKEN = "USERNAME_TAKEN"
    CREDENTIALS_REFUSED = "CREDENTIALS_REFUSED"
    TOKEN_REFUSED = "TOKEN_REFUSED"  # noqa: S105  # a code
    IDEMPOTENCY_KEY_REUSED = "IDEMPOTENCY_KEY_REUSED"


class Problem(NamedTuple):
    """One expected failure, and the input field that it is about (`("input", "text")`; empty: none)."""

    code: ErrorCode
    message: str
    path: tuple[str, ...] = ()


class MutationRefused(Exception):
    """A mutation that does nothing, and why."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__(*problems)
        self.problems = problems


def refuse(code: ErrorCode, message: str, *path: str) -> MutationRefused:
    """The exception for one problem, to be raised."""
    return MutationRefused(Problem(code, message, path))


def not_found(type_name: str, field: str) -> MutationRefused:
    """The refusal of an input's id that names no object of this GraphQL type visible to the viewer."""
    return refuse(ErrorCode.NOT_FOUND, f"There is no such {type_name.lower()}.", "input", field)


class InputRules:
    """Judges the fields of an input, all of them, before any SQL."""

    def __init__(self) -> None:
        self._problems: list[Problem] = []

    def check(self, field: str, rule: Callable[..., Any], *arguments: Any) -> Any:
        """What the rule makes of its arguments; a ValueError's text becomes the field's problem."""
        try:
            return rule(*arguments)
        except ValueError as error:
            self.reject(field, str(error))
            return None

    def reject(self, field: str, message: str) -> None:
        """Adds a problem of the field."""
        self._problems.append(Problem(ErrorCode.INVALID_INPUT, message, ("input", field)))

    def raise_problems(self) -> None:
        """Errors: MutationRefused, if any rule was broken."""
        if self._problems:
            raise MutationRefused(*self._problems)
