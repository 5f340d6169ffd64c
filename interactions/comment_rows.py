"""Rows of comments."""

from __future__ import annotations

from typing import NamedTuple

from core.accounts.user_rows import UserRow
from core.execution import Layout


class CommentRow(NamedTuple):
    """A comment with its author: the columns of `_comment.sql`."""

    post_id: int
    id: int
    parent_id: int | None
    text: str
    created_at: str
    like_count: int
    reply_count: int
    author: UserRow | None
    """None for a tombstone."""

    @property
    def is_deleted(self) -> bool:
        return self.author is None


COMMENT = Layout(CommentRow, author=Layout(UserRow, 7, optional=True))
"""The layout of the columns of `_comment.sql`."""
