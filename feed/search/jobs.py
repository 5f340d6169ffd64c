"""Jobs that write what searches read of rows that are older than the search."""

from __future__ import annotations

from datetime import timedelta

from core.database.time_ordered_keys import HIGHEST_KEY
from core.jobs.job_run import JobRun
from core.jobs.registry import Priority, job
from feed.search.statements import SQL
from feed.search.words import words_of_post

USERS_AT_ONCE = 500
POSTS_AT_ONCE = 200
AGAIN_AFTER = timedelta(hours=1)
"""A server of the version before may write posts without words until it ends."""


@job("user_names_fill", priority=Priority.LOW)
async def fill_user_names(run: JobRun) -> None:
    """Writes the names of some users, the newest first, and adds the job for those before them."""
    below = run.arguments.get("below", HIGHEST_KEY)
    async with run.transaction() as transaction:
        rows = await transaction.fetch(SQL.user_names_fill, below, USERS_AT_ONCE)
        lowest = rows[0][0]
        if lowest is not None:
            await fill_user_names.enqueue(transaction, {"below": lowest})


@job("post_words_fill", priority=Priority.LOW)
async def fill_post_words(run: JobRun) -> None:
    """Writes the words of some posts that have none, the newest first, and adds the job for those before them.

    The first of these jobs has no arguments. An hour later it looks once more at the posts that are newer than itself.
    """
    below = run.arguments.get("below", HIGHEST_KEY)
    above = run.arguments.get("above", 0)
    rows = await run.database.fetch(SQL.post_words_missing, below, POSTS_AT_ONCE)
    missing = [row for row in rows if not row[3]]
    async with run.transaction() as transaction:
        if missing:
            keys, authors, texts, _ = zip(*missing, strict=True)
            words = list(map(words_of_post, authors, texts))
            await transaction.fetch(SQL.post_words_fill, list(keys), list(texts), words)
        if rows and not run.arguments:
            await fill_post_words.enqueue(
                transaction, {"below": HIGHEST_KEY, "above": rows[0][0]}, delay=AGAIN_AFTER
            )
        if rows and rows[-1][0] > above:
            await fill_post_words.enqueue(transaction, {"below": rows[-1][0], "above": above})
