"""DatasetRows of a bulk load: one type a table, its fields in the order of the columns that are copied."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple


class NewPerson(NamedTuple):
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


NewRow = NewPerson | NewPost | NewComment | NewShare | NewPostLike | NewCommentLike | NewFollow


@dataclass(slots=True)
class DatasetRows:
    """What one transaction of a bulk load brings, in lists named after the tables."""

    users: list[NewPerson] = field(default_factory=list)
    posts: list[NewPost] = field(default_factory=list)
    comments: list[NewComment] = field(default_factory=list)
    shares: list[NewShare] = field(default_factory=list)
    post_likes: list[NewPostLike] = field(default_factory=list)
    comment_likes: list[NewCommentLike] = field(default_factory=list)
    follows: list[NewFollow] = field(default_factory=list)


TYPES: dict[str, type[NewRow]] = {
    "users": NewPerson,
    "posts": NewPost,
    "comments": NewComment,
    "shares": NewShare,
    "post_likes": NewPostLike,
    "comment_likes": NewCommentLike,
    "follows": NewFollow,
}
"""Row type by table; a table comes after those that it points to."""
