"""Schedules of kept home feeds: old ones are retired, long ones trimmed, and the rows of retired ones removed.

And the one that looks for mentions, hashtags and links in posts that were written without.
"""

from __future__ import annotations

from datetime import timedelta

from core.jobs.job_run import JobRun
from core.jobs.registry import Priority, job
from feed.entities import names_keys, set_arguments
from feed.statements import SQL
from feed.unread_texts import entities_fill

EVERY = timedelta(minutes=1)
FEEDS_AT_ONCE = 100
REASONS_AT_ONCE = 2_000
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


@job("post_entities_fill", every=EVERY, priority=Priority.LOW)
async def fill_post_entities(run: JobRun) -> None:
    """Finds the entities of some posts that were written without; again at once while there are more."""
    async with run.transaction() as transaction:
        filled = await entities_fill(
            transaction, SQL.posts_entities_missing, SQL.posts_entities_fill
        )
        named = {post_id: entities for post_id, entities in filled.items() if names_keys(entities)}
        if named:
            await transaction.fetch(SQL.post_entities_set, *set_arguments(named))
        if filled:
            run.repeat()
