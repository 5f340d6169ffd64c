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


class NewBookmark(NamedTuple):
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


NewRow = (
    NewUser
    | NewPost
    | NewPin
    | NewComment
    | NewShare
    | NewPostLike
    | NewBookmark
    | NewCommentLike
    | NewFollow
    | NewFollowRequest
)


@dataclass(slots=True)
class DatasetRows:
    """The rows of one transaction of a bulk load, in lists named after the tables."""

    users: list[NewUser] = field(default_factory=list)
    posts: list[NewPost] = field(default_factory=list)
    pinned_posts: list[NewPin] = field(default_factory=list)
    comments: list[NewComment] = field(default_factory=list)
    shares: list[NewShare] = field(default_factory=list)
    post_likes: list[NewPostLike] = field(default_factory=list)
    bookmarks: list[NewBookmark] = field(default_factory=list)
    comment_likes: list[NewCommentLike] = field(default_factory=list)
    follows: list[NewFollow] = field(default_factory=list)
    follow_requests: list[NewFollowRequest] = field(default_factory=list)


TYPES: dict[str, type[NewRow]] = {
    "users": NewUser,
    "posts": NewPost,
    "pinned_posts": NewPin,
    "comments": NewComment,
    "shares": NewShare,
    "post_likes": NewPostLike,
    "bookmarks": NewBookmark,
    "comment_likes": NewCommentLike,
    "follows": NewFollow,
    "follow_requests": NewFollowRequest,
}
"""Row type by table. Order: a table comes after the tables that it refers to."""
