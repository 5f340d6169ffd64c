"""Deletes the posts of a deleted account, and where posts mention it."""

from __future__ import annotations

from collections.abc import Sequence

from core.accounts.moderation import SQL as ACCOUNTS
from core.database.database import Transaction
from core.database.time_ordered_keys import key_array
from feed.moderation import SQL

POSTS_PER_BATCH = 20
MENTIONS_PER_BATCH = 500


async def posts_lock(transaction: Transaction, user_id: int) -> list[int]:
    """Keys of the user's newest posts, locked. Order: by key. Locks: the posts and those that they quote."""
    rows = await transaction.fetch(SQL.posts_of_author_lock, user_id, POSTS_PER_BATCH)
    return [post_id for post_id, is_newest in rows if is_newest]


async def posts_delete(transaction: Transaction, user_id: int, posts: Sequence[int]) -> int:
    """Deletes locked posts without likes, shares or comments; returns how many.

    Locks: the user, the hashtags.
    """
    await transaction.fetch(ACCOUNTS.users_lock, [user_id])
    await transaction.fetch(SQL.hashtags_lock, list(posts), [])
    rows = await transaction.fetch(SQL.posts_delete, user_id, key_array(posts))
    return int(rows[0][0])


async def mentions_erase(transaction: Transaction, user_id: int) -> int:
    """Deletes some mentions of the user; returns how many."""
    rows = await transaction.fetch(SQL.mentions_of_user_delete, user_id, MENTIONS_PER_BATCH)
    return int(rows[0][0])
