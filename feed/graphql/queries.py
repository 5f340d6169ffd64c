"""Queries of posts and feeds."""

from __future__ import annotations

from typing import Annotated

import strawberry

from core.context import Context
from core.database.cursors import CursorCodec
from core.graphql.info import Info, may_select
from core.graphql.limits.directives import PAGE
from core.graphql.node import Id
from core.graphql.relay_connections import CURSOR_BOUND, After, Before, First, Last
from core.ids import parse_id
from core.paging import PAGE_BY_DEFAULT, decode_position, page_request
from feed.graphql.types import Post, PostConnection
from feed.selectors import (
    MAX_UPDATES_COUNTED,
    home_feed_page,
    home_feed_updates,
    posts_by_ids,
    public_feed_page,
)

PAGE_ARGUMENTS = (
    "`first` and `after` page towards older posts, `last` and `before` towards newer ones; "
    f"by default the newest {PAGE_BY_DEFAULT}."
)
LEFT_OUT = (
    "Posts that the viewer may not see and those by users whom the viewer has muted are left out."
)

selects_event_cursor = may_select("eventCursor")


@strawberry.type(description="The number of entries that are newer than the client's newest.")
class HomeFeedUpdates:
    count: int = strawberry.field(
        description=f"The number of newer entries, at most {MAX_UPDATES_COUNTED}."
    )
    capped: bool = strawberry.field(description="Whether more entries than `count` are newer.")


@strawberry.type
class FeedQuery:
    @strawberry.field(
        description=f"All public posts, newest first. {LEFT_OUT} {PAGE_ARGUMENTS}",
        directives=[PAGE],
    )
    @staticmethod
    def public_feed(
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> PostConnection:
        codec = info.context.services.cursors.codec("public")
        request = page_request(codec, first=first, after=after, last=last, before=before)
        return public_feed_page(
            info.context, codec, request, with_snapshot=selects_event_cursor(info)
        )  # type: ignore[return-value]  # executors await a Page

    @strawberry.field(
        description="The viewer's posts and the posts and shares of the users they follow, newest first. "
        f"{LEFT_OUT} Requires an access token. {PAGE_ARGUMENTS}",
        directives=[PAGE],
    )
    @staticmethod
    def home_feed(
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> PostConnection:
        codec = _home_codec(info.context)
        request = page_request(codec, first=first, after=after, last=last, before=before)
        return home_feed_page(
            info.context, codec, request, with_snapshot=selects_event_cursor(info)
        )  # type: ignore[return-value]  # executors await a Page

    @strawberry.field(
        description=(
            "The number of entries in the viewer's home feed that are newer than the client's"
            " newest. Requires an access token."
        )
    )
    @staticmethod
    async def home_feed_updates(
        info: Info,
        since: Annotated[
            str,
            strawberry.argument(
                description=f"The cursor of the newest entry that the client has, {CURSOR_BOUND}."
            ),
        ],
    ) -> HomeFeedUpdates:
        found = await home_feed_updates(
            info.context, decode_position(_home_codec(info.context), since)
        )
        return HomeFeedUpdates(
            count=min(found, MAX_UPDATES_COUNTED), capped=found > MAX_UPDATES_COUNTED
        )

    @strawberry.field(description="The post with this id; null if none is visible to the viewer.")
    @staticmethod
    async def post(info: Info, id: Id) -> Post | None:
        type_name, key = parse_id(id)
        if type_name != "Post":
            return None
        return (await posts_by_ids(info.context.database, info.context.viewer_id, [key]))[0]  # type: ignore[return-value]  # a row


def _home_codec(context: Context) -> CursorCodec:
    return context.services.cursors.codec("home", context.require_viewer())
