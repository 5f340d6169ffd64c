"""Reads of posts and feeds."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from typing import Any

from core.accounts.user_rows import UserRow
from core.context import Context
from core.database.cursors import CursorCodec
from core.database.database import Database, Row
from core.database.list_places import Place
from core.database.statements import Variants, variant_for
from core.execution import SHARED, Layout
from core.loaders import PageLoader
from core.paging import EdgeRow, Page, PageRequest, page_source
from core.row_types import row_layout
from feed.post_rows import PostRow
from feed.statements import SQL

UPDATES_COUNTED_AT_MOST = 100

POST = row_layout(PostRow)
ENTRY = Layout(
    EdgeRow,
    position=1,
    shared_by=Layout(UserRow, inside=2, optional=True),
    node=row_layout(PostRow, 3),
    codec=SHARED,
)
"""An unread column, the position, the sharer (null if none), then the columns of `{post}`."""


def post_from(columns: Sequence[Any]) -> PostRow:
    """The post read from the columns of `{post}`."""
    return POST.make(columns, None)


async def posts_by_ids(
    database: Database, viewer_id: int | None, ids: Sequence[int]
) -> list[PostRow | None]:
    """The posts, None for those not visible to the viewer. Order: of `ids`. Cost: one statement."""
    rows = await database.fetch(SQL.posts_by_ids[variant_for(viewer_id)], viewer_id, ids)
    found = {row[0]: post_from(row) for row in rows}
    return [found.get(key) for key in ids]


def public_feed_page(
    context: Context, codec: CursorCodec, request: PageRequest, *, with_snapshot: bool = False
) -> Awaitable[Page]:
    """A page of all posts. Cost: one statement."""
    statement = SQL.public_feed_page_with_snapshot if with_snapshot else SQL.public_feed_page
    return _feed_page(statement, variant_for(context.viewer_id), context, codec, request)


def home_feed_page(
    context: Context, codec: CursorCodec, request: PageRequest, *, with_snapshot: bool = False
) -> Awaitable[Page]:
    """A page of the viewer's posts, and of posts and shares by the users they follow.

    Shape: one entry a post, at the position of its newest post or share. Cost: one statement.
    """
    statement = SQL.home_feed_page_with_snapshot if with_snapshot else SQL.home_feed_page
    return _feed_page(statement, "", context, codec, request)


async def _feed_page(
    statement: Variants, variant: str, context: Context, codec: CursorCodec, request: PageRequest
) -> Page:
    def read(part: PageRequest, ahead: int = 0) -> Awaitable[list[Row]]:
        return context.database.fetch(
            statement[variant + part.variant],
            *(context.viewer_id, part.below, part.before.lower_bound, part.limit + ahead),
            *part.seen,
        )

    async def beyond(part: PageRequest, _codec: CursorCodec) -> list[Row]:
        return _entries(await read(part))

    rows = await read(request, 1)
    # Of all rows the newest is the likeliest to be above the horizon.
    snapshot = rows[-1 if request.oldest_first else 0][0] if rows else None
    return Page(_entries(rows), codec, page_source(request, ENTRY, beyond, snapshot))


def _entries(rows: list[Row]) -> list[Row]:
    # An empty page may have a row that has only the snapshot.
    return [] if rows and rows[0][1] is None else rows


async def home_feed_updates(context: Context, since: Place) -> int:
    """How many entries of the home feed are newer than a place, counted up to one past UPDATES_COUNTED_AT_MOST."""
    request = PageRequest(UPDATES_COUNTED_AT_MOST + 1, before=since, oldest_first=True)
    row = await context.database.fetch_row(
        SQL.home_feed_updates[request.variant],
        *(context.viewer_id, request.below, request.before.lower_bound, request.limit),
        UPDATES_COUNTED_AT_MOST + 1,
        *request.seen,
    )
    return 0 if row is None else int(row[0])


class ProfileFeedLoader(PageLoader):
    """Posts and shares of users, by the user's key."""

    name = "profile"
    statement = SQL.profile_feed_pages
    has_empty_rows = True
    layout = ENTRY
