"""Writes that name a row which another transaction deletes meanwhile: PostgreSQL refuses the reference."""

from __future__ import annotations

import re

from asyncpg import ForeignKeyViolationError

from core.errors import ClientError, ErrorCode, MutationRefused, refuse

# Constraints are named so by `ForeignKeysInDatabase`.
CONSTRAINT = re.compile(
    r"(?:posts|comments|post_likes|comment_likes|shares|follows|blocks|mutes|sessions|idempotency_keys)_(\w+_id)_fkey"
)
NAMED_BY = {
    "followee_id": ("userId", "There is no such person."),
    "blocked_id": ("userId", "There is no such person."),
    "muted_id": ("userId", "There is no such person."),
    "post_id": ("postId", "There is no such post."),
    "comment_id": ("commentId", "There is no such comment."),
    "parent_id": ("parentId", "There is no such comment."),
}
"""By the column that refers to what is gone: the input field that names it. All other columns refer to the viewer."""


def refusal_of(
    error: ForeignKeyViolationError,
) -> MutationRefused | ClientError | ForeignKeyViolationError:
    """What to raise: MutationRefused (NOT_FOUND) or UNAUTHENTICATED for a row that is gone, else the error as it is."""
    found = CONSTRAINT.fullmatch(error.constraint_name or "")
    if found is None:
        return error
    named = NAMED_BY.get(found[1])
    if named is None:
        return ClientError("This account has been removed.", "UNAUTHENTICATED")
    field, message = named
    return refuse(ErrorCode.NOT_FOUND, message, "input", field)
