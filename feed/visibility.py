"""Who may read posts, looked up for many viewers at once by live delivery. Statements ask {post_readable}."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import NamedTuple

from core.database.database import Database
from core.events.event_log import EventRow
from core.events.event_types import POST_DELETED
from feed.post_rows import PostRow
from feed.post_visibility import PostVisibility
from feed.statements import SQL


class Readers(NamedTuple):
    """Who may read some posts by their visibility; blocks and mutes are other rules (`hidden_pairs`)."""

    restricted: frozenset[int]
    """The posts that are not public."""
    pairs: frozenset[tuple[int, int]]
    """Viewer and post: who may read one of these."""

    def include(self, viewer_id: int | None, post_id: int | None) -> bool:
        """Whether the viewer, or None for everybody, may read the post."""
        return post_id not in self.restricted or (viewer_id, post_id) in self.pairs


async def post_readers(
    database: Database,
    viewers: Collection[int],
    posts: Iterable[PostRow | None],
    events: Iterable[EventRow],
) -> Readers:
    """The readers of these posts, and of those that the events delete. Cost: one statement, none if all are public."""
    restricted: dict[int, tuple[int, int, int | None]] = {
        post.id: (post.author.id, post.visibility, None)
        for post in posts
        if post is not None and post.visibility != PostVisibility.PUBLIC
    }
    for event in events:
        # The subject of a deletion is the visibility that the post had.
        if event.kind == POST_DELETED and event.post_id and event.subject_id:
            restricted[event.post_id] = (event.actor_id, event.subject_id, event.transaction)
    if not restricted or not viewers:
        return Readers(frozenset(restricted), frozenset())
    columns = [list(column) for column in zip(*restricted.values(), strict=True)]
    rows = await database.fetch(SQL.post_readers, list(viewers), list(restricted), *columns)
    return Readers(frozenset(restricted), frozenset((viewer, post) for viewer, post in rows))
