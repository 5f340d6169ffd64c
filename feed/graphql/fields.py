"""What posts add to people."""

from __future__ import annotations

import strawberry

from core.execution.loading import loaded
from feed.graphql.queries import PAGE_ARGUMENTS
from feed.graphql.types import PostConnection
from feed.selectors import ProfileFeedLoader


@strawberry.type
class UserPosts:
    @strawberry.field(
        graphql_type=PostConnection,
        description=f"What the person has posted and shared, newest first, one entry a post. {PAGE_ARGUMENTS}",
    )
    @loaded("id")
    @staticmethod
    def posts(
        info: strawberry.Info,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> ProfileFeedLoader:
        return info.context.loader(ProfileFeedLoader, first, after, last, before)
