"""Removing the posts of a deleted account."""

from __future__ import annotations

from collections.abc import Sequence

from core.database.database import Transaction
from core.database.time_ordered_keys import key_array
from feed.moderation import SQL

POSTS_AT_ONCE = 20


async def posts_lock(transaction: Transaction, user_id: int) -> list[int]:
    """The newest posts of the user, locked in the order of keys."""
    rows = await transaction.fetch(SQL.posts_of_author_lock, user_id, POSTS_AT_ONCE)
    return [row[0] for row in rows]


async def posts_delete(transaction: Transaction, user_id: int, posts: Sequence[int]) -> int:
    """How many posts it deleted. They are locked, and nothing hangs on them. Locks: the user."""
    rows = await transaction.fetch(SQL.posts_delete, user_id, key_array(posts))
    return int(rows[0][0])
