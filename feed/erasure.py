"""Deletes the posts of a deleted account."""

from __future__ import annotations

from collections.abc import Sequence

from core.database.database import Transaction
from core.database.time_ordered_keys import key_array
from feed.moderation import SQL

POSTS_PER_BATCH = 20


async def posts_lock(transaction: Transaction, user_id: int) -> list[int]:
    """Keys of the user's newest posts, locked. Order: by key. Locks: the posts."""
    rows = await transaction.fetch(SQL.posts_of_author_lock, user_id, POSTS_PER_BATCH)
    return [row[0] for row in rows]


async def posts_delete(transaction: Transaction, user_id: int, posts: Sequence[int]) -> int:
    """Deletes locked posts without likes, shares or comments; returns how many. Locks: the user."""
    rows = await transaction.fetch(SQL.posts_delete, user_id, key_array(posts))
    return int(rows[0][0])
