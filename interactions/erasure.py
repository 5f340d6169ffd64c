"""Removes the data of deleted accounts in small transactions.

Each transaction searches for rows of the account, newest posts first, and removes a bounded number of them, with counts
and events. No progress is recorded: after a crash the next transaction continues, and rows written late are found.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Awaitable, Callable

from core.accounts.erasure import (
    deleted_account_lock,
    follows_erase,
    remains_erase,
    user_delete,
    user_lock,
)
from core.database.database import Transaction
from core.database.time_ordered_keys import key_array
from feed.erasure import mentions_erase, posts_delete, posts_lock
from feed.media.erasure import media_erase
from feed.reactions import REACTIONS
from interactions.moderation import SQL
from interactions.notifications.erasure import notifications_erase

ROWS_PER_BATCH = 100
COMMENTS_PER_BATCH = 20
COMMENTS_SECONDS = 0.015
"""Time limit of a batch of comments on others' posts: an open transaction delays the delivery of events."""

Step = Callable[[Transaction, int], Awaitable[int]]
"""Removes some rows of the user; returns how many, 0 if there are none."""


async def posts_erase(transaction: Transaction, user_id: int) -> int:
    """Removes reactions to and comments on the newest posts, then the posts.

    Locks: the posts, their comments, the user.
    """
    posts = await posts_lock(transaction, user_id)
    if not posts:
        return 0
    keys = key_array(posts)
    if removed := await _reactions_delete(transaction, "post", keys):
        return removed
    comments = await transaction.fetch(SQL.comments_of_posts_lock, keys, ROWS_PER_BATCH)
    if comments:
        comment_keys = key_array([row[0] for row in comments])
        removed = await _reactions_delete(transaction, "comment", comment_keys)
        removed = removed or await _count(transaction, SQL.comments_of_posts_delete, comment_keys)
        if removed:
            return removed
    return await posts_delete(transaction, user_id, posts)


async def reactions_erase(transaction: Transaction, user_id: int) -> int:
    """Deletes reactions by the user, of one kind. Locks: the posts, the comments."""
    for reaction in REACTIONS:
        statement = SQL.reactions_of_user[reaction.name]
        keys = [row[0] for row in await transaction.fetch(statement, user_id, ROWS_PER_BATCH)]
        if keys:
            users = key_array([user_id] * len(keys))
            no_keys = [None] * len(keys)
            statement = SQL.reaction_delete[reaction.name]
            await transaction.fetch(statement, users, key_array(keys), no_keys)
            return len(keys)
    return 0


async def comments_erase(transaction: Transaction, user_id: int) -> int:
    """Deletes comments; those with replies become tombstones.

    Locks: the posts, each with the comments and their ancestors.
    """
    threads = await transaction.fetch(SQL.threads_of_author, user_id, COMMENTS_PER_BATCH)
    comments = [comment for _, comment, _ in threads]
    locked: defaultdict[int, set[int]] = defaultdict(set)
    for post_id, _, thread in threads:
        locked[post_id].update(thread)
    for post_id in sorted(locked):
        await transaction.fetch(SQL.comment_lock, post_id, list(locked[post_id]))
    removed = await _reactions_delete(transaction, "comment", key_array(comments))
    if removed == ROWS_PER_BATCH:
        return removed
    deadline = time.monotonic() + COMMENTS_SECONDS
    for deleted, comment in enumerate(comments, start=1):
        await transaction.fetch(SQL.comment_delete, user_id, comment, None)
        if time.monotonic() > deadline:
            return deleted
    return len(comments)


async def reports_erase(transaction: Transaction, user_id: int) -> int:
    """Deletes some reports by and of the user. Gives their number."""
    rows = await transaction.fetch(SQL.reports_of_user_delete, user_id, ROWS_PER_BATCH)
    return len(rows)


# Follows come after posts and reactions: they decide whose home feeds an entry is removed from. Blocks come last, since
# they hide what is not removed yet.
STEPS: tuple[Step, ...] = (
    posts_erase,
    reactions_erase,
    comments_erase,
    mentions_erase,
    media_erase,
    reports_erase,
    follows_erase,
    notifications_erase,
    remains_erase,
)


async def account_rows_erase(transaction: Transaction, user_id: int) -> bool:
    """Removes some rows of a deleted account. Whether it is removed entirely.

    A row that is written late is removed by the next call. Locks: those of the steps; at last the user.
    """
    if not await deleted_account_lock(transaction, user_id):
        return True
    for step in STEPS:
        if await step(transaction, user_id):
            return False
    await user_lock(transaction, user_id)
    [(is_referenced,)] = await transaction.fetch(SQL.account_is_referenced, user_id)
    if is_referenced:
        return False
    await user_delete(transaction, user_id)
    return True


async def _reactions_delete(transaction: Transaction, target: str, keys: str) -> int:
    """Deletes some reactions to these posts or comments; returns how many."""
    deleted = 0
    for reaction in REACTIONS:
        if reaction.target == target and deleted < ROWS_PER_BATCH:
            statement = SQL.reactions_delete[reaction.name]
            deleted += await _count(transaction, statement, keys, ROWS_PER_BATCH - deleted)
    return deleted


async def _count(transaction: Transaction, statement: str, *arguments: object) -> int:
    rows = await transaction.fetch(statement, *arguments)
    return int(rows[0][0])
