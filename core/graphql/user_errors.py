"""Expected failures of mutations, as data."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Any, NamedTuple

import strawberry


@strawberry.enum(description="Why a mutation did nothing.")
class ErrorCode(Enum):
    INVALID_INPUT = strawberry.enum_value(
        "INVALID_INPUT", description="A value breaks a rule; the message says which."
    )
    NOT_FOUND = strawberry.enum_value(
        "NOT_FOUND", description="There is nothing with this id that the viewer can see."
    )
    NOT_ALLOWED = strawberry.enum_value(
        "NOT_ALLOWED", description="The viewer may see it but not do this to it."
    )
    USERNAME_TAKEN = strawberry.enum_value(
        "USERNAME_TAKEN", description="Somebody else has this username."
    )
    CREDENTIALS_REFUSED = strawberry.enum_value(
        "CREDENTIALS_REFUSED", description="The login or the password is wrong."
    )
    TOKEN_REFUSED = strawberry.enum_value(
        "TOKEN_REFUSED",
        description="The refresh token is unknown, used up, expired or revoked: sign in again.",
    )
    IDEMPOTENCY_KEY_REUSED = strawberry.enum_value(
        "IDEMPOTENCY_KEY_REUSED", description="The clientMutationId came before with another input."
    )


class Problem(NamedTuple):
    """One expected failure, and the input field that it is about (`("input", "text")`; empty: none)."""

    code: ErrorCode
    message: str
    path: tuple[str, ...] = ()


class Refused(Exception):
    """A mutation that does nothing, and why."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__(*problems)
        self.problems = problems


def refuse(code: ErrorCode, message: str, *path: str) -> Refused:
    """The exception for one problem, to be raised."""
    return Refused(Problem(code, message, path))


@strawberry.interface(
    description="Why a mutation did nothing: for a program, for a person, and about which field."
)
class UserError:
    code: ErrorCode = strawberry.field(description="For a program.")
    message: str = strawberry.field(description="For a person: what is wrong and what to do.")
    path: list[str] = strawberry.field(
        description="The input field that it is about; empty if none."
    )


def _error_type(name: str, description: str, *codes: ErrorCode) -> type:
    def is_type_of(_cls: type, value: object, _info: object) -> bool:
        return isinstance(value, Problem) and value.code in codes

    return strawberry.type(
        type(name, (UserError,), {"is_type_of": classmethod(is_type_of), "__annotations__": {}}),
        description=description,
    )


InvalidInput = _error_type("InvalidInput", "A value breaks a rule.", ErrorCode.INVALID_INPUT)
NotFound = _error_type(
    "NotFound", "What the input names is not there, or not to be seen.", ErrorCode.NOT_FOUND
)
NotAllowed = _error_type("NotAllowed", "The viewer may not do this.", ErrorCode.NOT_ALLOWED)
Conflict = _error_type(
    "Conflict",
    "What is there already stands against it.",
    ErrorCode.USERNAME_TAKEN,
    ErrorCode.IDEMPOTENCY_KEY_REUSED,
)
SignInRefused = _error_type(
    "SignInRefused",
    "Who asks could not be made sure of.",
    ErrorCode.CREDENTIALS_REFUSED,
    ErrorCode.TOKEN_REFUSED,
)
ERROR_TYPES = [InvalidInput, NotFound, NotAllowed, Conflict, SignInRefused]


class InputRules:
    """Judges the fields of an input, all of them, before any SQL."""

    def __init__(self) -> None:
        self._problems: list[Problem] = []

    def check(self, field: str, rule: Callable[..., Any], *arguments: Any) -> Any:
        """What the rule makes of its arguments; a ValueError's text becomes the field's problem."""
        try:
            return rule(*arguments)
        except ValueError as error:
            self._problems.append(Problem(ErrorCode.INVALID_INPUT, str(error), ("input", field)))
            return None

    def done(self) -> None:
        """Errors: Refused, if any rule was broken."""
        if self._problems:
            raise Refused(*self._problems)
