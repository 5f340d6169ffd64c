"""Foreign key violations as errors for clients: another transaction deleted the referenced row."""

from __future__ import annotations

from asyncpg import ForeignKeyViolationError

from core.errors import ClientError, MutationRefused, account_removed, not_found

NAMED_BY = {
    "followee_id": ("User", "userId"),
    "target_id": ("User", "userId"),
    "blocked_id": ("User", "userId"),
    "muted_id": ("User", "userId"),
    "post_id": ("Post", "postId"),
    "comment_id": ("Comment", "commentId"),
    "parent_id": ("Comment", "parentId"),
    "hashtag_id": ("Hashtag", "text"),
}
"""The GraphQL type and the input field, by the referencing column."""
VIEWERS = {
    "user_id",
    "author_id",
    "owner_id",
    "follower_id",
    "requester_id",
    "blocker_id",
    "muter_id",
    "reporter_id",
    "export_id",
    "recipient_id",
    "actor_id",
    "notification_id",
    "session_id",
}
"""Columns that reference the viewer, or what is the viewer's, or that only the worker writes."""


def client_error_of(
    error: ForeignKeyViolationError,
) -> MutationRefused | ClientError | ForeignKeyViolationError:
    """The error to raise: MutationRefused (NOT_FOUND), UNAUTHENTICATED, or `error` if the column is unknown."""
    # `ForeignKeysInDatabase` names the constraints.
    name = (error.constraint_name or "").removeprefix(f"{error.table_name}_")
    column = name.removesuffix("_fkey")
    if column in NAMED_BY:
        return not_found(*NAMED_BY[column])
    return account_removed() if column in VIEWERS else error
