"""Which posts viewers like and share, for many viewers at once."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from core.database.database import Database
from feed.post_rows import PostRow
from feed.statements import SQL

Pair = tuple[int, int]
"""Viewer, post."""


class ViewerStates(NamedTuple):
    """The pairs of viewers and posts that they like or share."""

    liked: frozenset[Pair]
    shared: frozenset[Pair]

    def post_for(self, viewer_id: int | None, post: PostRow) -> PostRow:
        """The post with this viewer's state."""
        if viewer_id is None:
            return post
        pair = (viewer_id, post.id)
        return post._replace(
            viewer_has_liked=pair in self.liked, viewer_has_shared=pair in self.shared
        )


NO_STATES = ViewerStates(frozenset(), frozenset())


async def viewer_states(
    database: Database, viewers: Collection[int], posts: Collection[int]
) -> ViewerStates:
    """Which of the posts these viewers like and share now. Cost: one statement."""
    if not viewers or not posts:
        return NO_STATES
    rows = await database.fetch(SQL.viewer_states, list(viewers), list(posts))
    return ViewerStates(
        frozenset((viewer, post) for viewer, post, is_share in rows if not is_share),
        frozenset((viewer, post) for viewer, post, is_share in rows if is_share),
    )
