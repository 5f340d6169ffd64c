"""What posts are to viewers, for many viewers at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from collections.abc import Set as AbstractSet
from typing import Any

from core.database.database import Database
from core.row_types import states_of
from feed.post_rows import PostRow
from feed.statements import SQL

POST_STATES = tuple(states_of(PostRow))
"""The fields of PostRow that depend on the viewer."""

TrueStates = Mapping[tuple[int, int], AbstractSet[str]]
"""Those of POST_STATES that are true, by viewer and post."""


async def viewer_states(
    database: Database, viewers: Collection[int], posts: Collection[int]
) -> TrueStates:
    """The states of these posts now. Cost: one statement."""
    found: defaultdict[tuple[int, int], set[str]] = defaultdict(set)
    if viewers and posts:
        for viewer, post, name in await database.fetch(
            SQL.viewer_states, list(viewers), list(posts)
        ):
            found[viewer, post].add(name)
    return dict(found)


def post_for(viewer_id: int | None, post: PostRow, states: TrueStates) -> PostRow:
    """The post with this viewer's states."""
    if viewer_id is None:
        return post
    true = states.get((viewer_id, post.id), ())
    values: dict[str, Any] = {name: name in true for name in POST_STATES}
    return post._replace(**values)
