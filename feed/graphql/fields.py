"""Fields of User that list posts."""

from __future__ import annotations

import strawberry

from core.graphql.relay_connections import connection_field
from feed.graphql.queries import PAGE_ARGUMENTS
from feed.graphql.types import PostConnection
from feed.selectors import ProfileFeedLoader


@strawberry.type
class UserPosts:
    posts = connection_field(
        ProfileFeedLoader,
        PostConnection,
        f"The user's posts and shares, newest first, one entry for each post. {PAGE_ARGUMENTS}",
    )
