"""Expected failures of mutations, as GraphQL types."""

from __future__ import annotations

import strawberry

from core.errors import ErrorCode, Problem
from core.graphql.enums import declare_enum

declare_enum(
    ErrorCode,
    "Why a mutation failed. What to do about each is in `docs/errors.md`.",
    {
        ErrorCode.INVALID_INPUT: "An input value is invalid; the message says why.",
        ErrorCode.NOT_FOUND: "No object with this id is visible to the viewer.",
        ErrorCode.NOT_ALLOWED: "The viewer may see the object but not change it.",
        ErrorCode.USERNAME_TAKEN: "A user has or had this username, or one that looks like it.",
        ErrorCode.CREDENTIALS_REFUSED: "The login or the password is wrong.",
        ErrorCode.TOKEN_REFUSED: "The refresh token, or the token of a mail, is unknown, used, expired or revoked.",
        ErrorCode.IDEMPOTENCY_KEY_REUSED: "The `clientMutationId` was sent before with a different input.",
        ErrorCode.SIGN_UP_CLOSED: "The server takes no new accounts.",
        ErrorCode.ACCOUNT_DELETED: "The account is deleted, and can still be restored by `restoreAccount`.",
        ErrorCode.ACCOUNT_SUSPENDED: "The account is suspended by a moderator.",
        ErrorCode.LIMIT_REACHED: "The viewer has as many of these as are allowed; the message says how to go on.",
        ErrorCode.MEDIA_NOT_USABLE: "The picture can't be used here; the message says why.",
    },
)


MESSAGE = "What is wrong and what to do, for the user; at most 500 characters."


@strawberry.interface(description="An expected failure of a mutation.")
class UserError:
    code: ErrorCode = strawberry.field(description="The cause, for programs.")
    message: str = strawberry.field(description=MESSAGE)
    path: list[str] = strawberry.field(
        description="The path of the input field concerned, at most 5 names; empty if there is none."
    )


def _error_type(name: str, description: str, *codes: ErrorCode) -> type:
    def is_type_of(_cls: type, value: object, _info: object) -> bool:
        return isinstance(value, Problem) and value.code in codes

    return strawberry.type(
        type(name, (UserError,), {"is_type_of": classmethod(is_type_of), "__annotations__": {}}),
        description=description,
    )


InvalidInput = _error_type("InvalidInput", "An input value is invalid.", ErrorCode.INVALID_INPUT)
NotFound = _error_type(
    "NotFound",
    "The object named by the input does not exist or is not visible to the viewer.",
    ErrorCode.NOT_FOUND,
)
NotAllowed = _error_type(
    "NotAllowed",
    "The viewer is not allowed to do this.",
    ErrorCode.NOT_ALLOWED,
    ErrorCode.SIGN_UP_CLOSED,
)
Conflict = _error_type(
    "Conflict",
    "The input conflicts with existing data.",
    ErrorCode.USERNAME_TAKEN,
    ErrorCode.IDEMPOTENCY_KEY_REUSED,
    ErrorCode.LIMIT_REACHED,
    ErrorCode.MEDIA_NOT_USABLE,
)
SignInRefused = _error_type(
    "SignInRefused",
    "The credentials or the refresh token were refused.",
    ErrorCode.CREDENTIALS_REFUSED,
    ErrorCode.TOKEN_REFUSED,
    ErrorCode.ACCOUNT_DELETED,
    ErrorCode.ACCOUNT_SUSPENDED,
)
ERROR_TYPES = [InvalidInput, NotFound, NotAllowed, Conflict, SignInRefused]
