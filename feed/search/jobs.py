"""Jobs that rank what trends, and that write the words of imported posts."""

from __future__ import annotations

from datetime import timedelta

from core.database.time_ordered_keys import HIGHEST_KEY
from core.jobs.job_run import JobRun
from core.jobs.registry import Priority, job
from feed.search.statements import SQL
from feed.search.trends import spread
from feed.search.words import words_of_post

POSTS_AT_ONCE = 200
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


@job("post_words_fill", priority=Priority.LOW)
async def fill_post_words(run: JobRun) -> None:
    """Writes the words of some posts that have none, the newest first, and adds the job for those before them."""
    below = run.arguments.get("below", HIGHEST_KEY)
    rows = await run.database.fetch(SQL.post_words_missing, below, POSTS_AT_ONCE)
    missing = [row for row in rows if not row[3]]
    async with run.transaction() as transaction:
        if missing:
            keys, authors, texts, _ = zip(*missing, strict=True)
            words = list(map(words_of_post, authors, texts))
            await transaction.fetch(SQL.post_words_fill, list(keys), list(texts), words)
        if rows:
            await fill_post_words.enqueue(transaction, {"below": rows[-1][0]})


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
