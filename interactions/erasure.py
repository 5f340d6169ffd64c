"""Removing what is of deleted accounts, a small transaction at a time.

Each transaction looks for what is there, newest posts first, and removes a bounded part of it with the counts and the
events. There is no other record of progress, so it goes on after a kill at any instant and finds what was written late.
"""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable

import asyncpg

from core.accounts.erasure import deleted_account_lock, follows_erase, remains_erase, user_erase
from core.accounts.moderation import SQL as ACCOUNTS_SQL
from core.database.database import Database, Transaction
from core.database.error_text import text_without_values
from core.database.time_ordered_keys import key_array
from feed.erasure import posts_delete, posts_lock
from interactions.moderation import SQL

logger = logging.getLogger(__name__)

ROWS_AT_ONCE = 100
COMMENTS_AT_ONCE = 20
COMMENTS_SECONDS = 0.015
"""For how long comments on others' posts are deleted one by one: an open transaction holds events back."""
PAUSE_AT_MOST_SECONDS = 0.05

Step = Callable[[Transaction, int], Awaitable[int]]
"""Removes some of what is of the user. How many rows; 0 if there are none."""


async def posts_erase(transaction: Transaction, user_id: int) -> int:
    """What hangs on the newest posts goes before the posts. Locks: the posts, their comments, the user."""
    posts = await posts_lock(transaction, user_id)
    if not posts:
        return 0
    keys = key_array(posts)
    for statement in (SQL.likes_of_posts_delete, SQL.shares_of_posts_delete):
        if removed := await _count(transaction, statement, keys, ROWS_AT_ONCE):
            return removed
    comments = await transaction.fetch(SQL.comments_of_posts_lock, keys, ROWS_AT_ONCE)
    if comments:
        theirs = key_array([row[0] for row in comments])
        removed = await _count(transaction, SQL.likes_of_comments_delete, theirs, ROWS_AT_ONCE)
        removed = removed or await _count(transaction, SQL.comments_of_posts_delete, theirs)
        if removed:
            return removed
    return await posts_delete(transaction, user_id, posts)


async def shares_erase(transaction: Transaction, user_id: int) -> int:
    """Locks: the posts."""
    return await _take_back(transaction, SQL.posts_shared_by, SQL.post_unshare, user_id)


async def likes_erase(transaction: Transaction, user_id: int) -> int:
    """Locks: the posts."""
    return await _take_back(transaction, SQL.posts_liked_by, SQL.post_unlike, user_id)


async def comment_likes_erase(transaction: Transaction, user_id: int) -> int:
    """Locks: the posts, the comments."""
    return await _take_back(transaction, SQL.comments_liked_by, SQL.comment_unlike, user_id)


async def comments_erase(transaction: Transaction, user_id: int) -> int:
    """Comments with replies become tombstones. Locks: the posts, each with its comments and those above them."""
    threads = await transaction.fetch(SQL.threads_of_author, user_id, COMMENTS_AT_ONCE)
    comments = [comment for _, comment, _ in threads]
    above: defaultdict[int, set[int]] = defaultdict(set)
    for post_id, _, thread in threads:
        above[post_id].update(thread)
    for post_id in sorted(above):
        await transaction.fetch(SQL.comment_lock, post_id, list(above[post_id]))
    removed = await _count(
        transaction, SQL.likes_of_comments_delete, key_array(comments), ROWS_AT_ONCE
    )
    if removed == ROWS_AT_ONCE:
        return removed
    ends = time.monotonic() + COMMENTS_SECONDS
    for deleted, comment in enumerate(comments, start=1):
        await transaction.fetch(SQL.comment_delete, user_id, comment, None)
        if time.monotonic() > ends:
            return deleted
    return len(comments)


# Follows are needed to tell whose home feeds a post leaves. Blocks hide to the end.
STEPS: tuple[Step, ...] = (
    posts_erase,
    shares_erase,
    likes_erase,
    comment_likes_erase,
    comments_erase,
    follows_erase,
    remains_erase,
)


async def accounts_erase(database: Database, *, seconds: float = math.inf) -> int:
    """How many deleted accounts it removed to the end; returns when no more can be done now, or after that time.

    Errors: DatabaseUnavailable.
    """
    erased = 0
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        began = time.monotonic()
        is_last = await _erase_some(database)
        if is_last is None:
            return erased
        erased += is_last
        # Others get their turn, and what waits for the end of this transaction is delivered.
        await asyncio.sleep(min(time.monotonic() - began, PAUSE_AT_MOST_SECONDS))
    return erased


async def _erase_some(database: Database) -> bool | None:
    """Whether a transaction has removed an account to the end; None if there is nothing to do now."""
    user_id: int | None = None
    try:
        async with database.transaction() as transaction:
            user_id = await deleted_account_lock(transaction)
            if user_id is None:
                return None
            for step in STEPS:
                if await step(transaction, user_id):
                    return False
            await user_erase(transaction, user_id)
            return True
    except asyncpg.PostgresError as error:
        if user_id is None:
            raise
        rows = await database.write(ACCOUNTS_SQL.account_deletion_postpone, user_id)
        # Something was written late, or another writer had the lock: that is no reason to worry at first.
        level = logging.WARNING if rows and rows[0][0] > 1 else logging.INFO
        logger.log(
            level, "Removing account %d goes on later: %s", user_id, text_without_values(error)
        )
        return False


async def _take_back(transaction: Transaction, found: str, undo: str, user_id: int) -> int:
    keys = [row[0] for row in await transaction.fetch(found, user_id, ROWS_AT_ONCE)]
    if keys:
        users = key_array([user_id] * len(keys))
        await transaction.fetch(undo, users, key_array(keys), [None] * len(keys))
    return len(keys)


async def _count(transaction: Transaction, statement: str, *arguments: object) -> int:
    rows = await transaction.fetch(statement, *arguments)
    return int(rows[0][0])
