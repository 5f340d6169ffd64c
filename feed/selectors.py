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
    """An edge for each row: a key, the position, a snapshot, a sharer (null for none) and `_post.sql`."""
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
            None if sharer is None else user_row((sharer, sharer_username, sharer_name, sharer_avatar)),
        ))
        for (
            _, position, _, sharer, sharer_username, sharer_name, sharer_avatar,
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


async def public_feed_page(context: Context, request: PageRequest) -> Page:
    """A page of everybody's posts. Cost: one statement."""
    return await _feed_page(context, request, "public_feed_page")


async def home_feed_page(context: Context, request: PageRequest) -> Page:
    """A page of the viewer's own posts, and of posts and shares by those whom they follow.

    One entry a post, at its newest reason. Cost: one statement.
    """
    return await _feed_page(context, request, "home_feed_page")


async def _feed_page(context: Context, request: PageRequest, statement: str) -> Page:
    snapshot = ""

    async def read(part: PageRequest) -> list[EdgeRow]:
        nonlocal snapshot
        rows = await context.database.fetch(
            SQL[statement + part.suffix], context.viewer_id, part.below, part.above, part.limit
        )
        snapshot = rows[0][2]
        return [] if rows[0][1] is None else edges_from(rows, repeat(part.codec))

    rows = await read(request._replace(limit=request.limit + 1))
    return Page(rows, request, read, snapshot)


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
    snapshot_column = 2
    edges = staticmethod(edges_from)
