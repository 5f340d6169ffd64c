"""Jobs that rank what trends, and that write what searches read of rows that are older than the search."""

from __future__ import annotations

from datetime import timedelta

from core.database.time_ordered_keys import HIGHEST_KEY
from core.jobs.job_run import JobRun
from core.jobs.registry import Priority, job
from feed.search.statements import SQL
from feed.search.trends import spread
from feed.search.words import words_of_post

USERS_AT_ONCE = 500
POSTS_AT_ONCE = 200
POSTS_LOOKED_AT = 2_000
AGAIN_AFTER = timedelta(hours=1)
"""A server of the version before may write posts without words until it ends."""
TRENDS_EVERY = timedelta(minutes=5)
"""Scores halve in two hours, so a ranking is hardly ever a place behind."""
TRENDS_KEPT = timedelta(minutes=10)
"""For how long pages of a snapshot go on after it was replaced."""
NEWEST_POSTS = 2_000
NEWEST_EVENTS = 50_000
NEWEST_HASHTAGS = 20_000
"""Uses of hashtags."""
POSTS_OF_AUTHOR = 3
POSTS_SCORED = 1_000
TRENDING_POSTS = 500
TRENDING_HASHTAGS = 100


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


@job("post_pairs_fill", every=timedelta(minutes=1), priority=Priority.LOW)
async def fill_post_pairs(run: JobRun) -> None:
    """Writes the words of some posts anew that have none of pairs or joints: an earlier version has written them.

    Again at once while there are more.
    """
    rows = await run.database.fetch(SQL.post_pairs_missing, POSTS_AT_ONCE)
    if not rows:
        return
    keys, authors, texts = zip(*rows, strict=True)
    words = list(map(words_of_post, authors, texts))
    async with run.transaction() as transaction:
        if await transaction.fetch(SQL.post_pairs_fill, list(keys), list(texts), words):
            run.repeat()


@job("post_apostrophes_fill", priority=Priority.LOW)
async def fill_post_apostrophes(run: JobRun) -> None:
    """Has words with apostrophes written anew, of some posts, and adds the job for those before them."""
    below = run.arguments.get("below", HIGHEST_KEY)
    async with run.transaction() as transaction:
        [[lowest]] = await transaction.fetch(SQL.post_apostrophes_mark, below, POSTS_LOOKED_AT)
        if lowest is not None:
            await fill_post_apostrophes.enqueue(transaction, {"below": lowest})


@job("trends_rank", every=TRENDS_EVERY)
async def rank_trends(run: JobRun) -> None:
    """Makes a new snapshot of trends, and removes old ones. However much there is, it reads a bounded part."""
    posts = await run.database.fetch(
        SQL.posts_by_score,
        *(NEWEST_POSTS, NEWEST_EVENTS, POSTS_OF_AUTHOR, POSTS_SCORED, TRENDING_POSTS),
    )
    hashtags = await run.database.fetch(SQL.hashtags_by_score, NEWEST_HASHTAGS, TRENDING_HASHTAGS)
    async with run.transaction() as transaction:
        await transaction.fetch(
            SQL.trend_snapshot_create,
            spread([(row[0], row[1]) for row in posts]),
            [row[0] for row in hashtags],
        )
        await transaction.fetch(SQL.trend_snapshots_expire, TRENDS_KEPT)
