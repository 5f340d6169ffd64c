"""replyCount is the number of live replies and of tombstones with a live descendant, in any order of deletions."""

from __future__ import annotations

import random

import pytest

from core.database.database import Database
from interactions.services import comment_create, comment_delete
from tests.interactions.cast import assert_counts_are_exact, create_posts, create_users


class Thread:
    """A model of a thread: parents and live comments."""

    def __init__(self) -> None:
        self.parent: dict[int, int | None] = {}
        self.live: set[int] = set()

    def has_live_comment(self, comment: int) -> bool:
        return comment in self.live or any(
            self.has_live_comment(reply)
            for reply, parent in self.parent.items()
            if parent == comment
        )

    def counts(self) -> dict[int, int]:
        """Reply counts by comment that is live or a tombstone."""
        remaining = [comment for comment in self.parent if self.has_live_comment(comment)]
        return {
            comment: sum(self.parent[reply] == comment for reply in remaining)
            for comment in remaining
        }


@pytest.mark.parametrize("seed", range(6))
async def test_reply_counts_equal_the_model(database: Database, seed: int) -> None:
    rng = random.Random(seed)
    (author,) = await create_users(database, 1)
    (post,) = await create_posts(database, author)
    thread = Thread()
    for step in range(40):
        if thread.live and (step > 24 or rng.random() < 0.3):
            deleted = rng.choice(sorted(thread.live))
            assert await comment_delete(database, viewer_id=author, comment_id=deleted)
            thread.live.remove(deleted)
        else:
            # Mostly deep, so that tombstones hold tombstones.
            parent = rng.choice([None, *sorted(thread.live)[-3:]])
            created = await comment_create(
                database, author_id=author, post_id=post, text="so", parent_id=parent
            )
            assert created.comment is not None
            thread.parent[created.comment.id] = parent
            thread.live.add(created.comment.id)
        rows = await database.fetch("SELECT id, reply_count FROM comments")
        assert dict(tuple(row) for row in rows) == thread.counts()
    await assert_counts_are_exact(database)
