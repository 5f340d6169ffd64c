"""replyCount is the number of live replies, and of tombstones that hold a live one, whatever is deleted when."""

from __future__ import annotations

import random

import pytest

from core.database.database import Database
from interactions.services import comment_create, comment_delete
from tests.interactions.cast import assert_counts_are_exact, people, posts_by


class Thread:
    """Comments in memory: who answers whom, and which are live."""

    def __init__(self) -> None:
        self.parent: dict[int, int | None] = {}
        self.live: set[int] = set()

    def holds_a_live_one(self, comment: int) -> bool:
        return comment in self.live or any(
            self.holds_a_live_one(reply)
            for reply, parent in self.parent.items()
            if parent == comment
        )

    def counts(self) -> dict[int, int]:
        """By comment that stands, how many of its direct replies stand."""
        standing = [comment for comment in self.parent if self.holds_a_live_one(comment)]
        return {
            comment: sum(self.parent[reply] == comment for reply in standing)
            for comment in standing
        }


@pytest.mark.parametrize("seed", range(6))
async def test_counts_are_those_of_a_plain_count(database: Database, seed: int) -> None:
    chance = random.Random(seed)
    (author,) = await people(database, 1)
    (post,) = await posts_by(database, author)
    thread = Thread()
    for step in range(40):
        if thread.live and (step > 24 or chance.random() < 0.3):
            gone = chance.choice(sorted(thread.live))
            assert await comment_delete(database, viewer_id=author, comment_id=gone)
            thread.live.remove(gone)
        else:
            # Mostly deep, so that tombstones hold tombstones.
            parent = chance.choice([None, *sorted(thread.live)[-3:]])
            made = await comment_create(
                database, author_id=author, post_id=post, text="so", parent_id=parent
            )
            assert made.comment is not None
            thread.parent[made.comment.id] = parent
            thread.live.add(made.comment.id)
        rows = await database.fetch("SELECT id, reply_count FROM comments")
        assert dict(tuple(row) for row in rows) == thread.counts()
    await assert_counts_are_exact(database)
