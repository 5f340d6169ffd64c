"""Fields of User that list posts."""

from __future__ import annotations

import strawberry

from core.execution import loaded
from core.graphql.info import Info
from core.graphql.relay_connections import After, Before, First, Last, page_loader
from feed.graphql.queries import PAGE_ARGUMENTS
from feed.graphql.types import PostConnection
from feed.selectors import ProfileFeedLoader


@strawberry.type
class UserPosts:
    @strawberry.field(
        graphql_type=PostConnection,
        description=f"The user's posts and shares, newest first, one entry for each post. {PAGE_ARGUMENTS}",
    )
    @loaded("id")
    @staticmethod
    def posts(
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> ProfileFeedLoader:
        return page_loader(info, ProfileFeedLoader, first, after, last, before)
