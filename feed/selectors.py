"""Reads of posts and feeds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import repeat
from pathlib import Path
from typing import Any, ClassVar

from core.accounts.rows import user_row
from core.database.cursors import CursorCodec
from core.database.pool import Database, Row
from core.database.statements import load_statements
from core.graphql.context import Context
from core.graphql.page_loader import PageLoader
from core.graphql.pages import EdgeRow, Page, PageRequest, edge_row
from feed.rows import PostRow, post_row

HERE = Path(__file__).parent
SQL = load_statements(HERE / "sql", HERE.parent / "core" / "accounts" / "sql")

UPDATES_COUNTED = 100


def post_from(columns: Sequence[Any]) -> PostRow:
    """The post in the columns of `_post.sql`."""
    return post_row((*columns[:9], user_row(columns[9:13])))


def edges_from(rows: Iterable[Row], codecs: Iterable[CursorCodec]) -> list[EdgeRow]:
    """An edge for each row: anything, the position, a sharer (null for none) and `_post.sql`."""
    # fmt: off
    # To take a row apart at once, and put it together at once, takes half of the time of slices.
    return [
        edge_row((
            post_row((
                post, text, created, edited, likes, comments, shares, liked, shared,
                user_row((author, username, name, avatar)),
            )),
            position,
            codec,
            None if sharer is None else user_row(sharer),
        ))
        for (
            _, position, sharer,
            post, text, created, edited, likes, comments, shares, liked, shared,
            author, username, name, avatar,
        ), codec in zip(rows, codecs, strict=False)
    ]
    # fmt: on


async def posts_by_ids(
    database: Database, viewer_id: int | None, ids: Sequence[int]
) -> list[PostRow | None]:
    """The posts, None for those that the viewer can't see, in the order of `ids`. Cost: one statement."""
    found = {
        row[0]: post_from(row) for row in await database.fetch(SQL["posts_by_ids"], viewer_id, ids)
    }
    return [found.get(key) for key in ids]


async def public_feed_page(
    context: Context, request: PageRequest, *, with_snapshot: bool = False
) -> Page:
    """A page of everybody's posts. Cost: one statement."""
    return await _feed_page("public_feed_page", context, request, with_snapshot)


async def home_feed_page(
    context: Context, request: PageRequest, *, with_snapshot: bool = False
) -> Page:
    """A page of the viewer's own posts, and of posts and shares by those whom they follow.

    One entry a post, at its newest reason. Cost: one statement.
    """
    return await _feed_page("home_feed_page", context, request, with_snapshot)


async def _feed_page(
    statement: str,
    context: Context,
    request: PageRequest,
    with_snapshot: bool,  # those above name it
) -> Page:
    async def read(part: PageRequest, ahead: int = 0) -> list[Row]:
        return await context.database.fetch(
            SQL[statement + part.suffix],
            *(context.viewer_id, part.below, part.above, part.limit + ahead, with_snapshot),
        )

    async def beyond(part: PageRequest) -> list[EdgeRow]:
        return _edges(await read(part), part)

    rows = await read(request, 1)
    return Page(_edges(rows, request), request, beyond, rows[0][0])


def _edges(rows: list[Row], request: PageRequest) -> list[EdgeRow]:
    # An empty page is a row, too, for the snapshot's sake.
    return [] if rows[0][1] is None else edges_from(rows, repeat(request.codec))


async def home_feed_updates(context: Context, since: int) -> int:
    """How many entries of the home feed are newer than a position, counted up to one past UPDATES_COUNTED."""
    row = await context.database.fetch_row(
        SQL["home_feed_updates"],
        context.viewer_id,
        PageRequest._field_defaults["below"],
        since,
        UPDATES_COUNTED + 1,
    )
    return 0 if row is None else int(row[0])


class ProfileFeedLoader(PageLoader):
    """What each person has posted and shared, by the person's key."""

    name = "profile"
    statements: ClassVar[Mapping[str, str]] = SQL
    statement = "profile_feed_pages"
    snapshot_column = -1

    def edges(self, rows: Iterable[Row], codecs: Iterable[CursorCodec]) -> list[EdgeRow]:
        return edges_from([row[:-1] for row in rows], codecs)
