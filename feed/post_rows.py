"""Rows of posts."""

from __future__ import annotations

from typing import NamedTuple

from core.accounts.user_rows import UserRow
from core.execution import Layout


class PostRow(NamedTuple):
    """A post with its author and the viewer's state: the columns of `_post.sql`."""

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
    """The layout of the columns of `_post.sql`, the first of them at index `first`."""
    return Layout(PostRow, first, author=Layout(UserRow, first + 9))
