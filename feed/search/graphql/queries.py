"""Queries that find users and posts."""

from __future__ import annotations

from typing import Annotated

import strawberry

from core.accounts.graphql.types import UserConnection
from core.graphql.info import Info
from core.graphql.limits.directives import FORWARD_PAGE
from core.graphql.relay_connections import CURSOR_BOUND
from core.paging import MAX_PAGE_SIZE, PAGE_BY_DEFAULT
from feed.graphql.queries import LEFT_OUT
from feed.graphql.text_types import Hashtag
from feed.graphql.types import PostConnection
from feed.search.graphql.hashtags import HashtagConnection
from feed.search.post_query import QUERY_LENGTH, SYNTAX
from feed.search.selectors import (
    MAX_NAME_QUERY,
    hashtag_by_name,
    hashtags_by_prefix,
    posts_found,
    trending_hashtags,
    trending_posts,
    users_by_name,
    users_suggested,
)
from feed.text_entities import HASHTAG_LENGTH

FirstInOrder = Annotated[
    int | None,
    strawberry.argument(
        description=f"The number of edges, 0 to {MAX_PAGE_SIZE}; by default {PAGE_BY_DEFAULT}."
    ),
]
AfterInOrder = Annotated[
    str | None,
    strawberry.argument(description=f"Only edges that follow this cursor, {CURSOR_BOUND}."),
]

TRENDS = (
    "A list continues in the ranking in which its first page was read; ten minutes after a newer ranking, its cursors "
    "are CURSOR_EXPIRED errors."
)


@strawberry.type
class SearchQuery:
    @strawberry.field(
        description="Users whose username or display name, or a later word of it, begins with the query. Accents and "
        "case are ignored, and punctuation only separates words. Users whom the viewer follows come first, then all in "
        "the order of their names.",
        directives=[FORWARD_PAGE],
    )
    @staticmethod
    async def search_users(
        info: Info,
        query: Annotated[
            str,
            strawberry.argument(
                description=f"The beginning of a name, 1 to {MAX_NAME_QUERY} characters."
            ),
        ],
        first: FirstInOrder = None,
        after: AfterInOrder = None,
    ) -> UserConnection:
        return await users_by_name(info.context, query, first, after)  # type: ignore[return-value]  # resolved from a page

    @strawberry.field(
        description=f"Posts that match the query, newest first. {SYNTAX}", directives=[FORWARD_PAGE]
    )
    @staticmethod
    async def search_posts(
        info: Info,
        query: Annotated[
            str,
            strawberry.argument(
                description=f"What to search for, 1 to {QUERY_LENGTH} characters. A query that can't be read is an "
                "INVALID_QUERY error, whose `position` says where."
            ),
        ],
        first: FirstInOrder = None,
        after: AfterInOrder = None,
    ) -> PostConnection:
        return await posts_found(info.context, query, first, after)  # type: ignore[return-value]  # resolved from a page

    @strawberry.field(
        description="Hashtags of posts that the viewer may see that begin with the prefix, ignoring case, by name.",
        directives=[FORWARD_PAGE],
    )
    @staticmethod
    async def search_hashtags(
        info: Info,
        prefix: Annotated[
            str,
            strawberry.argument(
                description="The beginning of a hashtag, with or without its sign: 1 to "
                f"{HASHTAG_LENGTH} characters."
            ),
        ],
        first: FirstInOrder = None,
        after: AfterInOrder = None,
    ) -> HashtagConnection:
        return await hashtags_by_prefix(info.context, prefix, first, after)  # type: ignore[return-value]  # from a page

    @strawberry.field(
        description="The hashtag with this name, ignoring case; null if the viewer may see no post with it."
    )
    @staticmethod
    async def hashtag(
        info: Info,
        name: Annotated[
            str,
            strawberry.argument(
                description=f"The name, with or without its sign: at most {HASHTAG_LENGTH} characters."
            ),
        ],
    ) -> Hashtag | None:
        return await hashtag_by_name(info.context, name)  # type: ignore[return-value]  # a row

    @strawberry.field(
        description="Users to follow, ranked by how many of the users whom the viewer follows also follow them. Only "
        "the viewer's 100 newest follows and the 50 newest of each of these users count. Requires an access token.",
        directives=[FORWARD_PAGE],
    )
    @staticmethod
    async def suggested_users(
        info: Info, first: FirstInOrder = None, after: AfterInOrder = None
    ) -> UserConnection:
        return await users_suggested(info.context, first, after)  # type: ignore[return-value]  # resolved from a page

    @strawberry.field(
        description="Public posts with the most likes, shares and comments for their age. Ranked every few minutes; "
        f"the posts of one author are spread out. {LEFT_OUT} {TRENDS}",
        directives=[FORWARD_PAGE],
    )
    @staticmethod
    async def trending_feed(
        info: Info, first: FirstInOrder = None, after: AfterInOrder = None
    ) -> PostConnection:
        return await trending_posts(info.context, first, after)  # type: ignore[return-value]  # resolved from a page

    @strawberry.field(
        description="Hashtags that at least two users have used in recent public posts, those of most users first. "
        f"Ranked every few minutes. {TRENDS}",
        directives=[FORWARD_PAGE],
    )
    @staticmethod
    async def trending_hashtags(
        info: Info, first: FirstInOrder = None, after: AfterInOrder = None
    ) -> HashtagConnection:
        return await trending_hashtags(info.context, first, after)  # type: ignore[return-value]  # resolved from a page
