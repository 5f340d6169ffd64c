"""Rows of comments."""

from __future__ import annotations

from typing import NamedTuple

from core.accounts.user_rows import UserRow
from core.execution import Rows
from core.row_types import Moment, row_layout
from feed.segment_rows import SegmentRow


class CommentRow(NamedTuple):
    """A comment with its author: the columns of the fragment `{comment}`."""

    post_id: int
    id: int
    parent_id: int | None
    text: str
    created_at: Moment
    like_count: int
    reply_count: int
    author: UserRow | None
    """None for a tombstone."""

    @property
    def is_deleted(self) -> bool:
        return self.author is None


COMMENT = row_layout(CommentRow)


class CommentDetailRow(NamedTuple):
    """Further columns of a comment, which are read only where a client selects one of them."""

    segments: Rows[SegmentRow]
    edited_at: str | None = None
