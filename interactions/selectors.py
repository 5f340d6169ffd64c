"""Reads of comments, likes and shares."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from enum import Enum
from typing import Any

from core.accounts.selectors import USER_EDGE
from core.accounts.user_rows import UserRow
from core.context import Context
from core.database.cursors import CursorCodec, rank_and_key
from core.database.database import Database, Row
from core.database.statements import variant_for
from core.database.time_ordered_keys import HIGHEST_KEY, key_array
from core.errors import ClientError
from core.execution import NOTHING, SHARED, Layout, Rows
from core.loaders import PageLoader, ViewerLoader
from core.paging import PAGE_BY_DEFAULT, EdgeRow, PageRequest, page_request
from feed.post_rows import PostRow
from feed.reactions import Reaction
from feed.segment_rows import NO_SEGMENTS, segments
from feed.selectors import ENTRY, ProfileFeedLoader, posts_by_ids
from interactions.comment_rows import COMMENT, CommentDetailRow, CommentRow
from interactions.statements import SQL

COMMENT_EDGE = Layout(EdgeRow, node=COMMENT, position=1, codec=SHARED, shared_by=NOTHING)
"""The layout of the columns of `{comment}` as an edge."""
AUTHOR_COLUMN = len(CommentRow._fields) - 1
"""Where the key of the comment's author is in the columns of `{comment}`."""
COMMENT_WIDTH = len(CommentRow._fields) - 1 + len(UserRow._fields)
RANKED_COMMENT_EDGE = Layout(
    EdgeRow, node=COMMENT, position=COMMENT_WIDTH, codec=SHARED, shared_by=NOTHING
)
"""The columns of `{comment}`, then the position."""
NO_DETAILS = CommentDetailRow(NO_SEGMENTS)
"""Of a tombstone, and of a comment that is hidden."""
MOST_LIKES = 2**31 - 1


def comment_from(columns: Sequence[Any]) -> CommentRow:
    """The comment read from the columns of `{comment}`."""
    return COMMENT.make(columns, None)


async def comments_by_ids(
    database: Database, viewer_id: int | None, ids: Sequence[int]
) -> list[CommentRow | None]:
    """The comments and tombstones, None for those not visible to the viewer. Order: of `ids`. Cost: one statement."""
    rows = await database.fetch(SQL.comments_by_ids[variant_for(viewer_id)], viewer_id, ids)
    found = {row[1]: comment_from(row) for row in rows}
    return [found.get(key) for key in ids]


async def comments_of_events(database: Database, ids: Sequence[int]) -> list[CommentRow | None]:
    """The comments, also hidden ones; None for deleted ones. Order: of `ids`. Cost: one statement."""
    rows = await database.fetch(SQL.comments_of_events, ids)
    found = {row[1]: comment_from(row) for row in rows}
    return [found.get(key) for key in ids]


class PostByIdLoader(ViewerLoader[PostRow | None]):
    """Posts by key, None for those not visible to the viewer."""

    async def fetch(self, keys: list[int]) -> Sequence[PostRow | None]:
        return await posts_by_ids(self.database, self.viewer_id, keys)


class CommentByIdLoader(ViewerLoader[CommentRow | None]):
    """Comments by key, None for those not visible to the viewer."""

    async def fetch(self, keys: list[int]) -> Sequence[CommentRow | None]:
        return await comments_by_ids(self.database, self.viewer_id, keys)


class CommentDetails(ViewerLoader[CommentDetailRow]):
    """Further columns of comments, by the comment's key. Cost: one statement."""

    async def fetch(self, keys: list[int]) -> Sequence[CommentDetailRow]:
        statement = SQL.comment_details_by_ids[variant_for(self.viewer_id)]
        rows = await self.database.fetch(statement, self.viewer_id, keys)
        found = {row[0]: CommentDetailRow(segments(row[1:5]), *row[5:]) for row in rows}
        return [found.get(key, NO_DETAILS) for key in keys]


class ReactedLoader(ViewerLoader[bool]):
    """Whether the viewer reacts to posts or comments, by their key."""

    def __init__(self, context: Context, reaction: Reaction) -> None:
        super().__init__(context)
        self._statement = SQL.reactions_of_viewer[reaction.name]

    async def fetch(self, keys: list[int]) -> Sequence[bool]:
        if self.viewer_id is None:
            return [False for _ in keys]
        rows = await self.database.fetch(self._statement, self.viewer_id, keys)
        found = {row[0] for row in rows}
        return [key in found for key in keys]


class BookmarksLoader(ProfileFeedLoader):
    """Bookmarked posts, by the user's key."""

    name = "bookmarks"
    statement = SQL.bookmarks_of_users


class LikedPostsLoader(ProfileFeedLoader):
    """Liked posts, by the user's key."""

    name = "liked_posts"
    statement = SQL.likes_of_users


class CommentsByUserLoader(PageLoader):
    """Comments and replies by users, by the user's key."""

    name = "comments_of_user"
    statement = SQL.comments_of_users
    key_column = AUTHOR_COLUMN
    layout = COMMENT_EDGE


class UnderPostLoader(PageLoader):
    """Pages of a list below a post or comment. Below a feed, users whom the viewer has muted are left out."""

    def __init__(
        self,
        context: Context,
        first: int | None,
        after: str | None,
        last: int | None = None,
        before: str | None = None,
        looks_ahead: bool = True,
        in_feed: bool = False,
    ) -> None:
        """`in_feed`: whether the list is requested below a feed or a subscription."""
        super().__init__(context, first, after, last, before, looks_ahead)
        self.extra_parameters = (self.viewer_id if in_feed else None,)


class QuotesByPostLoader(UnderPostLoader):
    """Posts that quote posts, by the quoted post's key."""

    name = "quotes"
    statement = SQL.quotes_of_posts
    has_empty_rows = True
    layout = ENTRY


class CommentOrder(Enum):
    """An order of the comments on a post."""

    NEWEST = "newest"
    OLDEST = "oldest"
    TOP = "top"


class CommentsByPostLoader(UnderPostLoader):
    """Comments on posts, without replies, by the post's key."""

    name = "comments"
    statement = SQL.comments_of_posts
    in_order = False
    layout = COMMENT_EDGE


class OldestCommentsByPostLoader(CommentsByPostLoader):
    """Comments on posts, without replies, oldest first, by the post's key."""

    name = "comments_oldest"
    oldest_first = True


class TopCommentsByPostLoader(UnderPostLoader):
    """Comments on posts, without replies, by likes and then newest first, by the post's key."""

    name = "comments_top"
    statement = SQL.top_comments_of_posts
    layout = RANKED_COMMENT_EDGE

    def _codecs(self, keys: list[int]) -> list[CursorCodec]:
        return self._signer.ranked_codecs(self.name, keys)

    def _rows(
        self, keys: list[int], request: PageRequest, ahead: int, _horizon: int
    ) -> Awaitable[list[Row]]:
        is_first = request.below == HIGHEST_KEY
        below = (MOST_LIKES, HIGHEST_KEY) if is_first else rank_and_key(request.below)
        return self.database.fetch(
            self.statement[variant_for(self.viewer_id) + request.variant],
            self.viewer_id,
            key_array(keys),
            *below,
            *rank_and_key(request.before.lower_bound),
            request.limit + ahead,
            *self.extra_parameters,
        )


class AncestorsPage:
    """A page of the comments above one, the nearest last."""

    __slots__ = ("_codec", "_is_bounded", "_more", "edges")

    def __init__(
        self, rows: Sequence[Row], codec: CursorCodec, limit: int, *, is_bounded: bool
    ) -> None:
        """`rows`: nearest first. `is_bounded`: whether a cursor bounds the page below."""
        self._codec = codec
        self._is_bounded = is_bounded
        self._more = len(rows) > limit
        self.edges: Rows[EdgeRow] = Rows(COMMENT_EDGE, rows[:limit][::-1], codec)

    def cursor(self, index: int) -> str:
        """The cursor of an edge."""
        return self._codec.encode(self.edges.value(index, "position"))

    def has_older(self) -> bool:
        """Whether there are comments after the last edge."""
        return self._is_bounded

    def has_newer(self) -> bool:
        """Whether there are comments before the first edge."""
        return self._more


class AncestorsLoader(ViewerLoader[AncestorsPage]):
    """Pages of the comments above a comment, by its key. Cost: one statement for all, one for each with a cursor."""

    def __init__(self, context: Context, last: int | None, before: str | None) -> None:
        super().__init__(context)
        self._signer = context.services.cursors
        self._last = PAGE_BY_DEFAULT if last is None else last
        self._before = before

    async def fetch(self, keys: list[int]) -> Sequence[AncestorsPage | BaseException]:
        if self._before is None:
            return await self._pages(keys)
        return [page for key in keys for page in await self._pages([key])]

    async def _pages(self, keys: list[int]) -> Sequence[AncestorsPage | BaseException]:
        codecs = self._signer.codecs("ancestors", keys)
        try:
            request = page_request(codecs[0], last=self._last, before=self._before)
        except ClientError as error:
            return [error] * len(keys)
        found = await self.database.fetch(
            SQL.ancestors_of_comments[variant_for(self.viewer_id)],
            self.viewer_id,
            key_array(keys),
            None if self._before is None else request.before.key,
            request.limit + 1,
        )
        rows: dict[int, list[Row]] = {key: [] for key in keys}
        for row in found:
            rows[row[-1]].append(row)
        return [
            AncestorsPage(each, codec, request.limit, is_bounded=self._before is not None)
            for each, codec in zip(rows.values(), codecs, strict=True)
        ]


class RepliesByCommentLoader(UnderPostLoader):
    """Direct replies to comments, by the comment's key."""

    name = "replies"
    statement = SQL.comments_of_comments
    key_column = 2
    layout = COMMENT_EDGE


class LikersByPostLoader(UnderPostLoader):
    """Users who like posts, by the post's key."""

    name = "likers"
    statement = SQL.likers_of_posts
    layout = USER_EDGE


class SharersByPostLoader(LikersByPostLoader):
    """Users who share posts, by the post's key."""

    name = "sharers"
    statement = SQL.sharers_of_posts
