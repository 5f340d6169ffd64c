"""Writes that name a row which another transaction deletes meanwhile: PostgreSQL refuses the reference."""

from __future__ import annotations

import re

from asyncpg import ForeignKeyViolationError

from core.errors import ClientError, MutationRefused, not_found

# Constraints are named so by `ForeignKeysInDatabase`.
CONSTRAINT = re.compile(
    r"(?:posts|comments|post_likes|comment_likes|shares|follows|blocks|mutes|sessions|idempotency_keys)_(\w+_id)_fkey"
)
NAMED_BY = {
    "followee_id": ("User", "userId"),
    "blocked_id": ("User", "userId"),
    "muted_id": ("User", "userId"),
    "post_id": ("Post", "postId"),
    "comment_id": ("Comment", "commentId"),
    "parent_id": ("Comment", "parentId"),
}
"""By the column that refers to the missing row: its GraphQL type and the input field. Others refer to the viewer."""


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
    return not_found(*named)
