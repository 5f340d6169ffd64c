"""Reactions: the states that a viewer sets on a post or comment, and removes again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from core.events import event_types


@dataclass(frozen=True)
class Reaction:
    """One kind of reaction. Services, mutations, counts and the deletion of accounts follow from its entry.

    Its fields are the parameters of the statements `reaction_*.sql` and `reactions_*.sql`.
    """

    name: str
    target: Literal["post", "comment"]
    table: str
    """Its rows have the columns `user_id` and `post_id` or `comment_id`, which are the primary key."""
    state: str = ""
    """The field of the target's row type that says whether the viewer reacts; none if a loader finds it."""
    count: str = ""
    """The column of the target that counts the reactions; none if they are not counted. It need not be in the row."""
    created: str = ""
    """The event of a new reaction; none if no subscription, feed or notification shows it."""
    deleted: str = ""
    """The event of one that was removed; none as above."""
    erased: str = ""
    """The event of one that is removed together with its target; none if the event of the removed target is enough."""
    inserted: str = "reaction_inserted"
    """The fragment that inserts the rows."""
    may: str = ""
    """The fragment that says whether the actor may react; none if seeing is enough."""
    deletion_logged: str = "reactions_logged"
    """The fragment that logs deletions, after the target's name."""

    @property
    def column(self) -> str:
        """The column of the table that names the target."""
        return f"{self.target}_id"


POST_LIKE = Reaction(
    "post_like",
    "post",
    "post_likes",
    state="viewer_has_liked",
    count="like_count",
    created=event_types.POST_LIKED,
    deleted=event_types.POST_UNLIKED,
)
SHARE = Reaction(
    "share",
    "post",
    "shares",
    state="viewer_has_shared",
    count="share_count",
    created=event_types.POST_SHARED,
    deleted=event_types.POST_UNSHARED,
    erased=event_types.POST_UNSHARED,
    inserted="share_inserted",
    may="post_shareable",
    deletion_logged="unshares_logged",
)
BOOKMARK = Reaction("bookmark", "post", "bookmarks", count="bookmark_count")
COMMENT_LIKE = Reaction(
    "comment_like",
    "comment",
    "comment_likes",
    count="like_count",
    created=event_types.COMMENT_LIKED,
    deleted=event_types.COMMENT_UNLIKED,
)
REACTIONS = (SHARE, POST_LIKE, BOOKMARK, COMMENT_LIKE)
"""Order: in which the reactions of a deleted account are removed."""
REACTION_KINDS = frozenset(
    kind for each in REACTIONS for kind in (each.created, each.deleted) if kind
)
"""The kinds of their events."""
