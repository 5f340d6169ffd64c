"""Schedules of kept home feeds: old ones are retired, long ones trimmed, and the rows of retired ones removed.

And one that counts the posts of hashtags again.
"""

from __future__ import annotations

from datetime import timedelta

from core.database.time_ordered_keys import HIGHEST_KEY
from core.jobs.job_run import JobRun
from core.jobs.registry import Priority, job
from feed.statements import SQL

EVERY = timedelta(minutes=1)
FEEDS_AT_ONCE = 100
REASONS_AT_ONCE = 2_000
POSTS_AT_ONCE = 500
TRIM_AFTER = timedelta(hours=1)


@job("home_feeds_expire", every=EVERY, priority=Priority.LOW)
async def expire_home_feeds(run: JobRun) -> None:
    """Retires some old feeds; again at once while there are more."""
    await run.change_some(SQL.home_feeds_expire, limit=FEEDS_AT_ONCE)


@job("home_feeds_trim", every=EVERY, priority=Priority.LOW)
async def trim_home_feeds(run: JobRun) -> None:
    """Trims some feeds; again at once while there are more."""
    await run.change_some(SQL.home_feeds_trim, TRIM_AFTER, limit=FEEDS_AT_ONCE)


@job("home_feeds_remove", every=EVERY, priority=Priority.LOW)
async def remove_home_feeds(run: JobRun) -> None:
    """Removes some rows of retired feeds; again at once while there are more."""
    async with run.transaction() as transaction:
        rows = await transaction.fetch(SQL.home_feeds_remove, REASONS_AT_ONCE)
        if rows[0][0]:
            run.repeat()


@job("hashtags_recount")
async def recount_hashtags(run: JobRun) -> None:
    """Judges some posts, the newest first, for the counts of their hashtags, and adds the job for those before them.

    Triggers add it for an author whose account was hidden or shown. One that waits takes the place of those that
    run, so that changing an account again and again makes little work. Without an author it looks at all posts.
    """
    author, below = run.arguments.get("author"), run.arguments.get("below", HIGHEST_KEY)
    async with run.transaction() as transaction:
        if author is None:
            rows = await transaction.fetch(SQL.tagged_posts_lock, below, POSTS_AT_ONCE)
        elif await transaction.fetch(SQL.hashtags_recount_replaced, run.id):
            return
        else:
            rows = await transaction.fetch(
                SQL.public_posts_of_author_lock, author, below, POSTS_AT_ONCE
            )
        if rows:
            posts = [post_id for (post_id,) in rows]
            await transaction.fetch(SQL.hashtags_lock, posts, [])
            await transaction.fetch(SQL.post_hashtags_judge, posts)
            await recount_hashtags.enqueue(transaction, {"author": author, "below": posts[0]})
