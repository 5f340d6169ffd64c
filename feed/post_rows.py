"""Rows of posts."""

from __future__ import annotations

from enum import Enum
from typing import Annotated, NamedTuple

from core.accounts.user_rows import UserRow
from core.execution import Rows
from core.row_types import Moment, ViewerState, Written, states_of
from feed.post_visibility import PostVisibility
from feed.segment_rows import SegmentRow


class PostRow(NamedTuple):
    """A post with its author and the viewer's state: the columns of the fragment `{post}`."""

    id: int
    text: str
    created_at: Moment
    edited_at: Moment | None
    like_count: int
    comment_count: int
    share_count: int
    visibility: Annotated[int, Written("visibility_now")]
    """A `PostVisibility`: the one that holds now."""
    viewer_has_liked: Annotated[bool, ViewerState("post_likes", "post_id")]
    viewer_has_shared: Annotated[bool, ViewerState("shares", "post_id")]
    author: UserRow


FOR_EVERYBODY = {"visibility": PostVisibility.PUBLIC, **dict.fromkeys(states_of(PostRow), False)}
"""What a page of public posts need not read for an anonymous viewer, by column."""


class QuoteState(Enum):
    """Whether a quoted post can be shown."""

    VISIBLE = "visible"
    UNAVAILABLE = "unavailable"


class QuoteRow(NamedTuple):
    """What a post quotes."""

    state: QuoteState
    post: PostRow | None


class PostDetailRow(NamedTuple):
    """Further columns of a post, which are read only where a client selects one of them."""

    segments: Rows[SegmentRow]
    language: str | None = None
    content_warning: str | None = None
    quote_count: int = 0
    bookmark_count: int | None = None
    """None if the viewer is not the post's author."""
    viewer_has_bookmarked: bool = False
    quote: QuoteRow | None = None


class PostEditRow(NamedTuple):
    """An earlier version of a post: the columns of the fragment `{post_version}`."""

    id: int
    text: str
    content_warning: str | None
    created_at: Moment
