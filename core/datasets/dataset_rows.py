"""Rows of a bulk load: one type a table, with the copied columns in order."""

from __future__ import annotations

from dataclasses import dataclass, field
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


class NewPost(NamedTuple):
    id: int
    author_id: int
    text: str
    created_at: datetime
    quoted_post_id: int | None = None


class NewComment(NamedTuple):
    id: int
    post_id: int
    parent_id: int | None
    author_id: int
    text: str
    created_at: datetime


class NewShare(NamedTuple):
    id: int
    user_id: int
    post_id: int
    created_at: datetime


class NewPostLike(NamedTuple):
    id: int
    user_id: int
    post_id: int
    created_at: datetime


class NewCommentLike(NamedTuple):
    user_id: int
    comment_id: int
    created_at: datetime


class NewFollow(NamedTuple):
    id: int
    follower_id: int
    followee_id: int
    created_at: datetime


NewRow = NewUser | NewPost | NewComment | NewShare | NewPostLike | NewCommentLike | NewFollow


@dataclass(slots=True)
class DatasetRows:
    """The rows of one transaction of a bulk load, in lists named after the tables."""

    users: list[NewUser] = field(default_factory=list)
    posts: list[NewPost] = field(default_factory=list)
    comments: list[NewComment] = field(default_factory=list)
    shares: list[NewShare] = field(default_factory=list)
    post_likes: list[NewPostLike] = field(default_factory=list)
    comment_likes: list[NewCommentLike] = field(default_factory=list)
    follows: list[NewFollow] = field(default_factory=list)


TYPES: dict[str, type[NewRow]] = {
    "users": NewUser,
    "posts": NewPost,
    "comments": NewComment,
    "shares": NewShare,
    "post_likes": NewPostLike,
    "comment_likes": NewCommentLike,
    "follows": NewFollow,
}
"""Row type by table. Order: a table comes after the tables that it refers to."""
