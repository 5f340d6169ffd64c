"""Reads of comments, likes and shares."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from core.accounts.selectors import USER_EDGE
from core.context import Context
from core.database.database import Database
from core.database.statements import variant_for
from core.execution import NOTHING, SHARED, Layout
from core.loaders import PageLoader, ViewerLoader
from core.paging import EdgeRow
from feed.post_rows import PostRow
from feed.reactions import Reaction
from feed.selectors import ENTRY, ProfileFeedLoader, SegmentsLoader, posts_by_ids
from interactions.comment_rows import COMMENT, CommentRow
from interactions.statements import SQL

COMMENT_EDGE = Layout(EdgeRow, node=COMMENT, position=1, codec=SHARED, shared_by=NOTHING)
"""The layout of the columns of `{comment}` as an edge."""


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
    """The comments, whoever may see them; None for deleted ones. Order: of `ids`. Cost: one statement."""
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


class CommentSegmentsLoader(SegmentsLoader):
    """The segments of comments, by the comment's key."""

    statement = SQL.segments_of_comments


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


class CommentsByPostLoader(UnderPostLoader):
    """Comments on posts, without replies, by the post's key."""

    name = "comments"
    statement = SQL.comments_of_posts

    layout = COMMENT_EDGE


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
