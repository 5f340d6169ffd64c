"""Foreign key violations as errors for clients: another transaction deleted the referenced row."""

from __future__ import annotations

import re

from asyncpg import ForeignKeyViolationError

from core.errors import ClientError, MutationRefused, account_removed, not_found

# `ForeignKeysInDatabase` names the constraints.
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
"""The GraphQL type and the input field, by the referencing column. All other columns reference the viewer."""


def client_error_of(
    error: ForeignKeyViolationError,
) -> MutationRefused | ClientError | ForeignKeyViolationError:
    """The error to raise: MutationRefused (NOT_FOUND), UNAUTHENTICATED, or `error` if the constraint is unknown."""
    found = CONSTRAINT.fullmatch(error.constraint_name or "")
    if found is None:
        return error
    named = NAMED_BY.get(found[1])
    if named is None:
        return account_removed()
    return not_found(*named)
