"""Rows of a bulk load: one type a table, with the copied columns in order."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import NamedTuple


class NewUser(NamedTuple):
    id: int
    username: str
    email: str
    password: str
    display_name: str
    bio: str
    created_at: datetime
    is_private: bool = False


class NewPost(NamedTuple):
    id: int
    author_id: int
    text: str
    created_at: datetime
    quoted_post_id: int | None = None
    content_warning: str | None = None


class NewComment(NamedTuple):
    id: int
    post_id: int
    parent_id: int | None
    author_id: int
    text: str
    created_at: datetime


class NewReaction(NamedTuple):
    """A like, share or bookmark of a post."""

    id: int
    user_id: int
    post_id: int
    created_at: datetime


class NewPin(NamedTuple):
    user_id: int
    post_id: int


class NewCommentLike(NamedTuple):
    user_id: int
    comment_id: int
    created_at: datetime


class NewFollow(NamedTuple):
    id: int
    follower_id: int
    followee_id: int
    created_at: datetime


class NewFollowRequest(NamedTuple):
    id: int
    requester_id: int
    target_id: int
    created_at: datetime


@dataclass(slots=True)
class DatasetRows:
    """The rows of one transaction of a bulk load, in lists named after the tables."""

    users: list[NewUser] = field(default_factory=list)
    posts: list[NewPost] = field(default_factory=list)
    pinned_posts: list[NewPin] = field(default_factory=list)
    comments: list[NewComment] = field(default_factory=list)
    shares: list[NewReaction] = field(default_factory=list)
    post_likes: list[NewReaction] = field(default_factory=list)
    bookmarks: list[NewReaction] = field(default_factory=list)
    comment_likes: list[NewCommentLike] = field(default_factory=list)
    follows: list[NewFollow] = field(default_factory=list)
    follow_requests: list[NewFollowRequest] = field(default_factory=list)


TABLES = tuple(each.name for each in fields(DatasetRows))
"""Order: a table comes after the tables that it refers to."""
