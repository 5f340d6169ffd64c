"""Reads of searches."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from core.accounts.selectors import USER_EDGE, profile_by_username
from core.context import Context
from core.database.database import Row
from core.database.statements import variant_for
from core.database.time_ordered_keys import HIGHEST_KEY
from core.errors import ClientError
from core.execution import NOTHING, SHARED, Layout
from core.paging import EdgeRow, ForwardPage, decode_position, page_limit
from core.row_types import row_layout
from core.text import has_visible_character
from feed.post_rows import PostRow
from feed.search.post_query import checked_query, invalid_query, read_query
from feed.search.statements import SQL
from feed.search.words import author_word
from feed.segment_rows import HashtagRow
from feed.selectors import BREADTH_FACTOR, POST_ENTRY, ProfileFeedLoader
from feed.text_entities import HASHTAG_LENGTH, folded_tag, hashtag_name

MAX_NAME_QUERY = 100
MAX_BREADTH = 2_000
"""How many posts with the words a statement looks at, where most are hidden from the viewer."""
SNAPSHOT_SIZE = 1_000
"""How many positions a snapshot of trends has."""
FIRST = (0, "", 0)
"""The position before all users: the part (0 those whom the viewer follows, 1 others), the name, the user."""


async def users_by_name(
    context: Context, query: str, first: int | None, after: str | None
) -> ForwardPage:
    """A page of the users one of whose names begins with the query, those whom the viewer follows first, by name.

    Errors: INVALID_QUERY, BAD_PAGE, INVALID_CURSOR. Cost: one statement.
    """
    query = _clean_name_query(query)
    viewer_id = context.viewer_id
    limit = page_limit(first)
    codec = context.services.cursors.text_codec(f"users {query}", viewer_id or 0)
    begin = FIRST if after is None else _position(decode_position(codec, after))

    async def read(count: int, *begin: Any) -> list[Row]:
        statement = SQL.users_by_name[variant_for(viewer_id)]
        return await context.database.fetch(statement, viewer_id, query, count, *begin)

    async def precedes() -> bool:
        rows = await read(1, *FIRST)
        return bool(rows) and _position(rows[0][1]) <= begin

    rows = await read(limit + 1, *begin)
    return ForwardPage(USER_EDGE, rows, limit, codec, None if after is None else precedes)


def _position(text: str) -> tuple[int, str, int]:
    part, user, name = text.split(":", 2)
    return int(part), name, int(user)


def _clean_name_query(query: str) -> str:
    query = checked_query(query.strip(), MAX_NAME_QUERY)
    if not has_visible_character(query):
        raise invalid_query("The query is empty. Send the beginning of a name.")
    return query


async def posts_found(
    context: Context, query: str, first: int | None, after: str | None
) -> ForwardPage:
    """A page of the posts that the query finds, newest first.

    Errors: INVALID_QUERY, BAD_PAGE, INVALID_CURSOR. Cost: one statement, one more for `from:`; more where most of the
    posts found are hidden from the viewer.
    """
    wanted = read_query(query)
    limit = page_limit(first)
    codec = context.services.cursors.codec(f"posts {query}")
    below = wanted.below
    if after is not None:
        below = min(below, decode_position(codec, after).key)
    words = list(wanted.words)
    if wanted.author is not None:
        author = await profile_by_username(context.database, context.viewer_id, wanted.author)
        if author is None:
            return ForwardPage(POST_ENTRY, [], limit, codec, None, await _snapshot(context))
        words.append(f"'{author_word(author.user.id)}'")
    text = " & ".join(f"({each})" for each in words)

    async def precedes() -> bool:
        return bool((await _posts_read(context, text, wanted.below, below - 1, 1))[0])

    rows, snapshot = await _posts_read(context, text, below, wanted.above, limit + 1)
    return ForwardPage(
        POST_ENTRY, rows, limit, codec, None if after is None else precedes, snapshot
    )


async def _posts_read(
    context: Context, words: str, below: int, above: int, limit: int
) -> tuple[list[Row], str]:
    """Up to `limit` posts with these words, newest first, and the snapshot of the first statement."""
    statement = SQL.posts_by_words[variant_for(context.viewer_id)]
    found: list[Row] = []
    snapshot: str | None = None
    breadth = 2 * limit
    while True:
        arguments = (words, below, above, limit - len(found), breadth)
        rows = await context.database.fetch(statement, context.viewer_id, *arguments)
        snapshot = snapshot or rows[0][0]
        *_, count, lowest = rows[0]
        if rows[0][1] is not None:
            found += rows
        if len(found) >= limit or count < breadth:
            return found, snapshot or ""
        below, breadth = lowest, min(breadth * BREADTH_FACTOR, MAX_BREADTH)


async def _snapshot(context: Context) -> str:
    return (await _posts_read(context, "", 0, 0, 1))[1]


HASHTAG_EDGE = Layout(
    EdgeRow, node=row_layout(HashtagRow, 2), position=1, codec=SHARED, shared_by=NOTHING
)
"""A column that is not read, the position, and the columns of `{hashtag}`."""


async def hashtags_by_prefix(
    context: Context, prefix: str, first: int | None, after: str | None
) -> ForwardPage:
    """A page of the hashtags of posts that the viewer may see whose names begin with the prefix, by name.

    Errors: INVALID_QUERY, BAD_PAGE, INVALID_CURSOR. Cost: one statement.
    """
    cleaned = checked_query(prefix.strip().lstrip("#\uff03"), HASHTAG_LENGTH)
    if not has_visible_character(cleaned):
        raise invalid_query("The prefix is empty. Send the beginning of a hashtag.")
    begin = folded_tag(cleaned)
    limit = page_limit(first)
    codec = context.services.cursors.text_codec(f"hashtags {begin}")
    viewer_id = context.viewer_id
    statement = SQL.hashtags_by_prefix[variant_for(viewer_id)]

    async def read(count: int, name: str) -> list[Row]:
        return await context.database.fetch(statement, viewer_id, begin, name, count)

    async def precedes() -> bool:
        rows = await read(1, "")
        return bool(rows) and rows[0][1] <= position

    position = "" if after is None else decode_position(codec, after)
    rows = await read(limit + 1, position)
    return ForwardPage(HASHTAG_EDGE, rows, limit, codec, None if after is None else precedes)


async def hashtag_by_name(context: Context, name: str) -> HashtagRow | None:
    """The hashtag with this name, in any case, with or without its sign; None if the viewer may see no post with it.

    Cost: one statement.
    """
    name = name.lstrip("#\uff03")
    # Folding a longer text could take long.
    folded = hashtag_name(name) if len(name) <= HASHTAG_LENGTH else None
    if folded is None:
        return None
    viewer_id = context.viewer_id
    statement = SQL.hashtag_by_name[variant_for(viewer_id)]
    row = await context.database.fetch_row(statement, viewer_id, folded)
    return HashtagRow._make(row) if row else None


async def hashtags_by_ids(context: Context, ids: Sequence[int]) -> list[HashtagRow | None]:
    """The hashtags; None for those of which the viewer may see no post. Order: of `ids`. Cost: one statement."""
    statement = SQL.hashtags_by_ids[variant_for(context.viewer_id)]
    rows = await context.database.fetch(statement, context.viewer_id, ids)
    found = {row[0]: HashtagRow._make(row) for row in rows}
    return [found.get(key) for key in ids]


class PostsOfHashtags(ProfileFeedLoader):
    """Posts with a hashtag, by the hashtag's key."""

    name = "hashtag"
    statement = SQL.posts_of_hashtags


async def users_suggested(context: Context, first: int | None, after: str | None) -> ForwardPage:
    """A page of users whom those follow whom the viewer follows, those whom most follow first.

    Errors: UNAUTHENTICATED, BAD_PAGE, INVALID_CURSOR. Cost: one statement, which reads at most 5,000 follows.
    """
    viewer_id = context.require_viewer()
    limit = page_limit(first)
    codec = context.services.cursors.text_codec("suggested", viewer_id)

    async def read(count: int, friends: int, user: int) -> list[Row]:
        return await context.database.fetch(SQL.users_suggested, viewer_id, friends, user, count)

    async def precedes() -> bool:
        rows = await read(1, *top)
        return bool(rows) and _rank(rows[0][1]) >= begin

    top = (HIGHEST_KEY, HIGHEST_KEY)
    begin = top if after is None else _rank(decode_position(codec, after))
    rows = await read(limit + 1, *begin)
    return ForwardPage(USER_EDGE, rows, limit, codec, None if after is None else precedes)


def _rank(text: str) -> tuple[int, int]:
    friends, user = text.split(":")
    return int(friends), int(user)


TRENDING_POST = Layout(
    EdgeRow, position=1, shared_by=NOTHING, node=row_layout(PostRow, 2), codec=SHARED
)
"""The snapshot of the log, the position, and the columns of `{post}`."""


async def trending_posts(context: Context, first: int | None, after: str | None) -> ForwardPage:
    """A page of the posts that trend.

    Errors: BAD_PAGE, INVALID_CURSOR, CURSOR_EXPIRED. Cost: one statement.
    """
    viewer_id = context.viewer_id
    statement = SQL.trending_posts_page[variant_for(viewer_id)]

    def read(position: int, count: int) -> Awaitable[list[Row]]:
        return context.database.fetch(statement, viewer_id, position, count)

    return await _trends(context, "trending posts", TRENDING_POST, read, first, after)


async def trending_hashtags(context: Context, first: int | None, after: str | None) -> ForwardPage:
    """A page of the hashtags that trend. Errors and cost: as of `trending_posts`."""
    viewer_id = context.viewer_id
    statement = SQL.trending_hashtags_page[variant_for(viewer_id)]

    def read(position: int, count: int) -> Awaitable[list[Row]]:
        return context.database.fetch(statement, viewer_id, position, count)

    return await _trends(context, "trending hashtags", HASHTAG_EDGE, read, first, after)


async def _trends(
    context: Context,
    name: str,
    layout: Layout[EdgeRow],
    read: Callable[[int, int], Awaitable[list[Row]]],
    first: int | None,
    after: str | None,
) -> ForwardPage:
    """A page of a snapshot of trends.

    `read`: up to so many rows after a position, or one without an edge if there is none.
    """
    limit = page_limit(first)
    codec = context.services.cursors.codec(name)
    begin = 0 if after is None else decode_position(codec, after).key
    rows = await read(begin, limit + 1)
    snapshot_of_log, position, *_, snapshot = rows[0]
    if snapshot is None and after is not None:
        raise ClientError(
            "What trends has been ranked anew since this page was read. Omit `after` to start again.",
            "CURSOR_EXPIRED",
        )

    async def precedes() -> bool:
        [row] = await read(snapshot * SNAPSHOT_SIZE, 1)
        return row[1] is not None and row[1] <= begin

    return ForwardPage(
        layout,
        rows if position is not None else [],
        limit,
        codec,
        None if after is None else precedes,
        snapshot_of_log,
    )
