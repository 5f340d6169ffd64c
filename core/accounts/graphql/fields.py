"""Fields of User: followers and followed users."""

from __future__ import annotations

import strawberry

from core.accounts.graphql.types import UserConnection
from core.accounts.selectors import FollowersLoader, FollowingLoader, KnownFollowersLoader
from core.graphql.relay_connections import connection_field

FILTERED = (
    "newest first. Users hidden by a block are left out. The list of a private account is empty for all but the user "
    "and the followers."
)


@strawberry.type
class UserFollows:
    followers = connection_field(
        FollowersLoader, UserConnection, f"Users who follow the user, {FILTERED}"
    )
    following = connection_field(
        FollowingLoader, UserConnection, f"Users whom the user follows, {FILTERED}"
    )
    known_followers = connection_field(
        KnownFollowersLoader,
        UserConnection,
        f"Users who follow the user and whom the viewer follows, {FILTERED}",
    )
