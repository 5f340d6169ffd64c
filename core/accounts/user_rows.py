"""Users as rows of SQL statements."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple


class FollowState(Enum):
    """What a viewer's follow of a user is."""

    NOT_FOLLOWING = "NOT_FOLLOWING"
    REQUESTED = "REQUESTED"
    FOLLOWING = "FOLLOWING"


class UserRow(NamedTuple):
    """The columns of the fragment `{user of=…}`, shown beside every post."""

    id: int
    username: str
    display_name: str
    avatar_url: str


def deleted_user(id: int) -> UserRow:
    """A placeholder for a user whose account is deleted, where a user is required."""
    return UserRow(id, "deleted", "Deleted account", "")


class UserDetailRow(NamedTuple):
    """The further columns of a profile."""

    id: int
    bio: str
    created_at: str
    follower_count: int
    following_count: int
    post_count: int
    is_private: bool


class RelationRow(NamedTuple):
    """The relation between the viewer and a user."""

    is_following: bool = False
    follows_viewer: bool = False
    has_blocked: bool = False
    has_muted: bool = False
    has_requested: bool = False

    @property
    def follow_state(self) -> FollowState:
        if self.is_following:
            return FollowState.FOLLOWING
        return FollowState.REQUESTED if self.has_requested else FollowState.NOT_FOLLOWING


class AccountDetailRow(NamedTuple):
    """What only the user may read of the account."""

    email: str
    email_verified: bool
    pending_email: str | None
    user: UserRow


class SessionRow(NamedTuple):
    """A session of the viewer, for the viewer."""

    id: int
    created_at: str
    last_used_at: str
    device_name: str
    is_current: bool
