"""People as the statements give them."""

from __future__ import annotations

from typing import NamedTuple


class UserRow(NamedTuple):
    """What stands beside every post: columns of `_user.sql`."""

    id: int
    username: str
    display_name: str
    avatar_url: str


class UserDetailRow(NamedTuple):
    """What a profile adds."""

    id: int
    bio: str
    created_at: str
    follower_count: int
    following_count: int
    post_count: int


class RelationRow(NamedTuple):
    """How the viewer and a person stand to each other."""

    is_following: bool = False
    follows_viewer: bool = False
    has_blocked: bool = False
    has_muted: bool = False
