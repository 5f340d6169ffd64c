"""Fields of User that give posts."""

from __future__ import annotations

from typing import Annotated

import strawberry

from core.execution import loaded
from core.graphql.attributes import loaded_field
from core.graphql.enums import declare_enum
from core.graphql.info import Info
from core.graphql.limits.directives import PAGE
from core.graphql.relay_connections import After, Before, First, Last, looks_ahead
from feed.graphql.queries import PAGE_ARGUMENTS
from feed.graphql.types import Post, PostConnection
from feed.selectors import PinnedByUserLoader, ProfileFeedLoader, ProfileMediaLoader, ProfileTab

declare_enum(
    ProfileTab,
    "A list of posts in a profile.",
    {
        ProfileTab.POSTS: "Posts and shares.",
        ProfileTab.MEDIA: "Posts with pictures, without shares.",
    },
)
LOADERS = {ProfileTab.POSTS: ProfileFeedLoader, ProfileTab.MEDIA: ProfileMediaLoader}


@strawberry.type
class UserPosts:
    @strawberry.field(
        graphql_type=PostConnection,
        description="The user's posts and shares that the viewer may see, newest first, one entry for each post. "
        f"{PAGE_ARGUMENTS}",
        directives=[PAGE],
    )
    @loaded("id")
    @staticmethod
    def posts(
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        tab: Annotated[
            ProfileTab | None,
            strawberry.argument(
                description="Which posts; cursors of one tab are of no use in another."
            ),
        ] = ProfileTab.POSTS,
    ) -> ProfileFeedLoader:
        page = (first, after, last, before, looks_ahead(info))
        return info.context.loader(LOADERS[tab or ProfileTab.POSTS], *page)

    pinned_post = loaded_field(
        "id",
        PinnedByUserLoader,
        Post | None,
        "The post that the user has pinned to the top of the profile; null if there is none, or if it is not visible "
        "to the viewer.",
    )
