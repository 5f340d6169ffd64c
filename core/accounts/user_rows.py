"""People as the statements give them."""

from __future__ import annotations

from typing import NamedTuple


class UserRow(NamedTuple):
    """What stands beside every post: columns of `_user.sql`."""

    id: int
    username: str
    display_name: str
    avatar_url: str


def deleted_user(id: int) -> UserRow:
    """What stands for a user whose account has been deleted, where one has to be named."""
    return UserRow(id, "deleted", "Deleted account", "")


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
