"""Reads of posts and feeds."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from enum import Enum, IntEnum
from operator import itemgetter
from typing import Any

from core.accounts.user_rows import UserRow
from core.context import Context
from core.database.cursors import CursorCodec
from core.database.database import Database, Row
from core.database.list_positions import ListPosition
from core.database.statements import Variants, variant_for
from core.execution import NOTHING, SHARED, Layout
from core.loaders import POSITION, PageLoader, ViewerLoader
from core.paging import NO_HORIZON, EdgeRow, Page, PageRequest, page_source
from core.row_types import row_layout
from feed.home_feeds import HomeFeeds
from feed.post_rows import (
    FOR_EVERYBODY,
    PostDetailRow,
    PostEditRow,
    PostRow,
    QuoteRow,
    QuoteState,
)
from feed.segment_rows import NO_SEGMENTS, segments
from feed.statements import SQL

MAX_UPDATES_COUNTED = 100
BREADTH_FACTOR = 8
"""How many times more sources or reasons of a home feed are considered where too few did."""


class KeptFeedOutcome(IntEnum):
    """What the statements on a kept home feed give in the column `outcome` (`_kept_candidates.sql`)."""

    COMPLETE = 0
    TOO_NARROW = 1
    BEYOND_THE_FEED = 2
    NO_FEED = 3


OUTCOME = itemgetter("outcome")
IS_COMPLETE = itemgetter("is_complete")

POST = row_layout(PostRow)
ENTRY = Layout(
    EdgeRow,
    position=1,
    shared_by=Layout(UserRow, inside=2, optional=True),
    node=row_layout(PostRow, 3),
    codec=SHARED,
)
"""An unread column, the position, the sharer (null if none), then the columns of `{post}`."""
POST_ENTRY = Layout(
    EdgeRow, position=1, shared_by=NOTHING, node=row_layout(PostRow, 1), codec=SHARED
)
"""An unread column, then the columns of `{post}`, whose first is also the position."""
ANONYMOUS_POST_ENTRY = Layout(
    EdgeRow,
    position=1,
    shared_by=NOTHING,
    node=row_layout(PostRow, 1, FOR_EVERYBODY),
    codec=SHARED,
)
"""The same of a page of public posts without a viewer."""
POST_EDIT_EDGE = Layout(
    EdgeRow, position=1, shared_by=NOTHING, node=row_layout(PostEditRow, 1), codec=SHARED
)
"""The post's key, then the columns of `{post_version}`, whose first is also the position."""
NO_DETAILS = PostDetailRow(NO_SEGMENTS)
"""Of a post that has been deleted since it was read."""
UNAVAILABLE = QuoteRow(QuoteState.UNAVAILABLE, None)


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


async def posts_of_events(database: Database, ids: Sequence[int]) -> list[PostRow | None]:
    """The posts, also hidden ones; None for those that are deleted. Order: of `ids`. Cost: one statement."""
    rows = await database.fetch(SQL.posts_of_events, ids)
    found = {row[0]: post_from(row) for row in rows}
    return [found.get(key) for key in ids]


def public_feed_page(
    context: Context, codec: CursorCodec, request: PageRequest, *, with_snapshot: bool = False
) -> Awaitable[Page]:
    """A page of all public posts. Cost: one statement."""
    statement = SQL.public_feed_page_with_snapshot if with_snapshot else SQL.public_feed_page
    variant = variant_for(context.viewer_id)
    layout = ANONYMOUS_POST_ENTRY if context.viewer_id is None else POST_ENTRY

    def read(part: PageRequest, limit: int, horizon: int) -> Awaitable[list[Row]]:
        return context.database.fetch_jointly(
            statement,
            variant + part.variant,
            *(context.viewer_id, part.below, part.before.lower_bound, limit),
            *(() if with_snapshot else (horizon,)),
            *part.seen,
        )

    return _feed_page(context, read, layout, codec, request)


def home_feed_page(
    context: Context, codec: CursorCodec, request: PageRequest, *, with_snapshot: bool = False
) -> Awaitable[Page]:
    """A page of the viewer's posts, and of posts and shares by the users they follow.

    Shape: one entry a post, at the position of its newest post or share. Cost: one statement, as `_entries_read`.
    """
    kept, plain = (
        (SQL.kept_home_feed_page_with_snapshot, SQL.home_feed_page_with_snapshot)
        if with_snapshot
        else (SQL.kept_home_feed_page, SQL.home_feed_page)
    )

    def read(part: PageRequest, limit: int, horizon: int) -> Awaitable[list[Row]]:
        horizons = () if with_snapshot else (horizon,)
        return _entries_read(context, kept, plain, part, limit, *horizons)

    return _feed_page(context, read, ENTRY, codec, request)


async def _entries_read(
    context: Context,
    kept: Variants,
    plain: Variants,
    part: PageRequest,
    limit: int,
    *horizons: int,
) -> list[Row]:
    """The rows of a statement on entries of the home feed: of the kept feed, or by the plain query.

    `horizons`: the horizon, if the statement takes one.

    Cost: one statement; more where so many posts have been shared repeatedly that the first ones do not fill the page;
    one more where the kept feed ends or the reader has none, which is then built.
    """
    arguments = (context.viewer_id, part.below, part.before.lower_bound, limit)
    feeds = context.services.find(HomeFeeds)
    outcome = KeptFeedOutcome.NO_FEED
    if feeds is not None:
        breadth = 2 * limit
        while True:
            rows = await context.database.fetch_jointly(
                kept, part.variant, *arguments, breadth, *horizons, *part.seen
            )
            outcome = page_outcome(rows, limit)
            if outcome == KeptFeedOutcome.COMPLETE:
                rows.sort(key=POSITION, reverse=not part.oldest_first)
                return rows
            if outcome != KeptFeedOutcome.TOO_NARROW:
                break
            breadth *= BREADTH_FACTOR
    breadth = limit
    while True:
        rows = await context.database.fetch_jointly(
            plain, part.variant, *arguments, breadth, *horizons, *part.seen
        )
        if IS_COMPLETE(rows[0]):
            break
        breadth *= BREADTH_FACTOR
    if feeds is not None and outcome == KeptFeedOutcome.NO_FEED:
        # Not while the page is read, which would wait for it.
        feeds.build_soon(context.require_viewer())
    return rows


def page_outcome(rows: Sequence[Any], limit: int) -> KeptFeedOutcome:
    """The outcome of a statement on a kept home feed: a page that is full is complete, unless there is no feed."""
    outcome = KeptFeedOutcome(OUTCOME(rows[0]))
    if outcome != KeptFeedOutcome.NO_FEED and len(rows) == limit and rows[0][1] is not None:
        return KeptFeedOutcome.COMPLETE
    return outcome


async def _feed_page(
    context: Context,
    read: Callable[[PageRequest, int, int], Awaitable[list[Row]]],
    layout: Layout[EdgeRow],
    codec: CursorCodec,
    request: PageRequest,
) -> Page:
    """The page that `read` gives the rows of, up to a limit and with a horizon."""

    async def beyond(part: PageRequest, _codec: CursorCodec) -> list[Row]:
        return _without_empty(await read(part, part.limit, NO_HORIZON))

    horizon = NO_HORIZON if request.is_settled else await context.services.list_horizon.key()
    rows = await read(request, request.limit + 1, horizon)
    # Of all rows the newest is the likeliest to be above the horizon.
    snapshot = rows[-1 if request.oldest_first else 0][0] if rows else None
    source = page_source(request, layout, beyond, horizon, snapshot)
    return Page(_without_empty(rows), codec, source)


def _without_empty(rows: list[Row]) -> list[Row]:
    # An empty page may have a row without an entry.
    return [] if rows and rows[0][1] is None else rows


async def home_feed_updates(context: Context, since: ListPosition) -> int:
    """How many entries of the home feed are newer than a position, counted up to one past MAX_UPDATES_COUNTED."""
    request = PageRequest(MAX_UPDATES_COUNTED + 1, before=since, oldest_first=True)
    kept, plain = SQL.kept_home_feed_updates, SQL.home_feed_updates
    rows = await _entries_read(context, kept, plain, request, request.limit)
    return int(rows[0][0])


class ProfileFeedLoader(PageLoader):
    """Posts and shares of users, by the user's key."""

    name = "profile"
    statement = SQL.profile_feed_pages
    has_empty_rows = True
    layout = ENTRY


class ProfileTab(Enum):
    """A list of posts in a profile."""

    POSTS = "posts"
    MEDIA = "media"


class ProfileMediaLoader(ProfileFeedLoader):
    """Posts with pictures of users, by the user's key."""

    name = "profile_media"
    statement = SQL.profile_media_pages


class PinnedByUserLoader(ViewerLoader[PostRow | None]):
    """Pinned posts, None where there is none that the viewer may see, by the user's key. Cost: one statement."""

    async def fetch(self, keys: list[int]) -> Sequence[PostRow | None]:
        statement = SQL.pinned_posts_of_users[variant_for(self.viewer_id)]
        rows = await self.database.fetch(statement, self.viewer_id, keys)
        found = {row[0]: post_from(row[1:]) for row in rows}
        return [found.get(key) for key in keys]


def _quote(is_quote: bool, *quoted: Any) -> QuoteRow | None:
    """What a post quotes, of whether it does and the columns of `{post}`."""
    if not is_quote:
        return None
    return UNAVAILABLE if quoted[0] is None else QuoteRow(QuoteState.VISIBLE, post_from(quoted))


class PostDetails(ViewerLoader[PostDetailRow]):
    """Further columns of posts, by the post's key. Cost: one statement."""

    def __init__(self, context: Context, in_feed: bool) -> None:
        """`in_feed`: whether the posts are entries of a feed, which quotes nothing by users whom the viewer mutes."""
        super().__init__(context)
        self._muter_id = self.viewer_id if in_feed else None

    async def fetch(self, keys: list[int]) -> Sequence[PostDetailRow]:
        statement = SQL.post_details_by_ids[variant_for(self.viewer_id)]
        rows = await self.database.fetch(statement, self.viewer_id, keys, self._muter_id)
        found = {
            row[0]: PostDetailRow._make((segments(row[1:5]), *row[5:10], _quote(*row[10:])))
            for row in rows
        }
        return [found.get(key, NO_DETAILS) for key in keys]


class EditsByPostLoader(PageLoader):
    """Earlier versions of posts, by the post's key."""

    name = "edits"
    statement = SQL.edits_of_posts
    layout = POST_EDIT_EDGE
