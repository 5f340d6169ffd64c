"""Expected failures of mutations, as GraphQL types."""

from __future__ import annotations

import strawberry

from core.errors import ErrorCode, Problem
from core.graphql.enums import declare_enum

declare_enum(
    ErrorCode,
    "Why a mutation did nothing.",
    {
        ErrorCode.INVALID_INPUT: "A value breaks a rule; the message says which.",
        ErrorCode.NOT_FOUND: "There is nothing with this id that the viewer can see.",
        ErrorCode.NOT_ALLOWED: "The viewer may see it but not do this to it.",
        ErrorCode.USERNAME_TAKEN: "Somebody else has this username.",
        ErrorCode.CREDENTIALS_REFUSED: "The login or the password is wrong.",
        ErrorCode.TOKEN_REFUSED: "The refresh token is unknown, used up, expired or revoked: sign in again.",
        ErrorCode.IDEMPOTENCY_KEY_REUSED: "The clientMutationId came before with another input.",
    },
)


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
