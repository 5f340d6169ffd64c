"""Fields of User: followers and followed users."""

from __future__ import annotations

import strawberry

from core.accounts.graphql.types import UserConnection
from core.accounts.selectors import FollowersLoader, FollowingLoader
from core.execution import loaded
from core.graphql.info import Info
from core.graphql.relay_connections import After, Before, First, Last, page_loader

FILTERED = "newest first. Users hidden by a block are left out."


@strawberry.type
class UserFollows:
    @strawberry.field(
        graphql_type=UserConnection, description=f"Users who follow the user, {FILTERED}"
    )
    @loaded("id")
    @staticmethod
    def followers(
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> FollowersLoader:
        return page_loader(info, FollowersLoader, first, after, last, before)

    @strawberry.field(
        graphql_type=UserConnection, description=f"Users whom the user follows, {FILTERED}"
    )
    @loaded("id")
    @staticmethod
    def following(
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> FollowingLoader:
        return page_loader(info, FollowingLoader, first, after, last, before)
