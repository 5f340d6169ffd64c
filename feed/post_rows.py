"""Rows of posts."""

from __future__ import annotations

from typing import Annotated, NamedTuple

from core.accounts.user_rows import UserRow
from core.row_types import Moment, ViewerState


class PostRow(NamedTuple):
    """A post with its author and the viewer's state: the columns of the fragment `{post}`."""

    id: int
    text: str
    created_at: Moment
    edited_at: Moment | None
    like_count: int
    comment_count: int
    share_count: int
    viewer_has_liked: Annotated[bool, ViewerState("post_likes", "post_id")]
    viewer_has_shared: Annotated[bool, ViewerState("shares", "post_id")]
    author: UserRow
