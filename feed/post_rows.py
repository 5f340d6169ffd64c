"""Posts as the statements give them."""

from __future__ import annotations

from typing import NamedTuple

from core.accounts.user_rows import UserRow
from core.execution.rows import Layout


class PostRow(NamedTuple):
    """A post with its author, as the viewer sees it: columns of `_post.sql`."""

    id: int
    text: str
    created_at: str
    edited_at: str | None
    like_count: int
    comment_count: int
    share_count: int
    viewer_has_liked: bool
    viewer_has_shared: bool
    author: UserRow


def post_at(first: int) -> Layout[PostRow]:
    """Where the columns of `_post.sql` begin."""
    return Layout(PostRow, first, author=Layout(UserRow, first + 9))
