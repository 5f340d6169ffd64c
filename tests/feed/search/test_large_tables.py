"""No query that finds users, posts or hashtags reads a large table whole, or much of it.

PostgreSQL counts what statements read, those in functions, too. The index of a million posts takes minutes to build; of
40,000 it is as plain whether a query reads all its matches or a constant part: each bound is far below their number.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from core.context import Services
from core.database.cursors import CursorSigner
from core.database.database import Transaction
from feed.search import jobs
from feed.search.statements import SQL
from feed.search.words import phrase
from tests.contract.test_page_budgets import RecordingDatabase
from tests.core.accounts.world import ApiClient
from tests.empty_tables import EMPTY_TABLES

POSTS, USERS, HASHTAGS = 40_000, 4_000, 10_000
LARGE = 1_000
"""Rows from which on a table must not be read whole."""
FILL = (Path(__file__).parent / "large_tables.sql").read_text()
READ = """
SELECT relname::text, seq_tup_read, coalesce(idx_tup_fetch, 0) FROM pg_stat_xact_user_tables
"""
SIZES = "SELECT relname::text, reltuples FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"


@pytest.fixture(scope="module")
async def crowd(django_db_setup: None) -> AsyncIterator[RecordingDatabase]:
    """A database with one connection, and two years of posts in it."""
    database = RecordingDatabase(os.environ["DATABASE_URL"], size=1)
    database.reads = []
    await database.open()
    await database.write(EMPTY_TABLES)
    async with database.connection() as connection:
        for statement in FILL.format(POSTS=POSTS, USERS=USERS, HASHTAGS=HASHTAGS).split(";\n"):
            await connection.execute(statement)
    yield database
    await database.write(EMPTY_TABLES)
    await database.close()


async def counters(transaction: Transaction) -> Counter[tuple[str, str]]:
    """How many rows of each table this session has read, by scans and by indexes."""
    found: Counter[tuple[str, str]] = Counter()
    for name, scanned, fetched in await transaction.fetch(READ):
        found[name, "scanned"], found[name, "fetched"] = scanned, fetched
    return found


async def rows_read(database: RecordingDatabase, statement: str, *arguments: Any) -> int:
    """How many rows of tables one statement reads. Fails if it reads a large table whole."""
    async with database.transaction() as transaction:
        sizes = dict(map(tuple, await transaction.fetch(SIZES)))
        before = await counters(transaction)
        await transaction.fetch(statement, *arguments)
        after = await counters(transaction)
    read = {each: after[each] - before[each] for each in after}
    assert [
        each for each in read if each[1] == "scanned" and read[each] and sizes[each[0]] > LARGE
    ] == []
    return sum(read.values())


async def of_query(database: RecordingDatabase, viewer: int | None, text: str) -> int:
    """How many rows the statements of a query read."""
    services = Services(database=database, cursors=CursorSigner(b"for tests"), notify=lambda: None)
    database.reads.clear()
    result = await ApiClient(services, viewer).execute(text)
    assert "errors" not in result
    [value] = result["data"].values()
    assert value["edges"], text
    ran = list(database.reads)
    return sum([await rows_read(database, statement, *given) for statement, given in ran])


@pytest.mark.parametrize("viewer", [None, 3])
@pytest.mark.parametrize(
    ("query", "most"),
    [
        ('searchPosts(query: "every")', 3_000),
        ('searchPosts(query: "every tenth")', 3_000),
        ('searchPosts(query: "rare")', 100),
        ('searchPosts(query: "every rare")', 100),
        ('searchPosts(query: "olympics")', 3_000),
        ('searchPosts(query: "猫")', 3_000),
        ('searchPosts(query: "猫犬")', 3_000),
        ('searchPosts(query: "\\"猫犬\\" rare")', 100),
        ('searchPosts(query: "from:p100")', 200),
        ('searchPosts(query: "from:p100 every")', 200),
        ('searchUsers(query: "p")', 5_000),
        ('searchUsers(query: "person 39")', 2_500),
        ('searchHashtags(prefix: "tag")', 200),
        ('searchHashtags(prefix: "tag99")', 200),
    ],
)
async def test_a_search_reads_a_small_part(
    crowd: RecordingDatabase, viewer: int | None, query: str, most: int
) -> None:
    assert await of_query(crowd, viewer, f"{{ {query} {{ edges {{ node {{ id }} }} }} }}") <= most


async def test_a_phrase_does_not_read_all_posts_with_its_words(crowd: RecordingDatabase) -> None:
    # Every tenth post has both, in the other order.
    for text in (
        "tenth every",
        "猫犬 every",
        "犬 every",
        "犬 猫",
        "犬 猫 every",
        "猫 犬 猫",
        "猫犬 猫",
    ):
        arguments = (phrase(text), 2**63 - 1, 0, 21, 42)
        statement = SQL.posts_by_words[":anonymous"]
        assert await rows_read(crowd, statement, None, *arguments) <= 100


async def test_who_follows_many_reads_a_bounded_part(crowd: RecordingDatabase) -> None:
    # The viewer follows 2,000 users. Of a common beginning of names 20,001 are counted at most.
    assert await of_query(crowd, 2, "{ suggestedUsers { edges { node { id } } } }") <= 15_000
    names = '{ searchUsers(query: "p") { edges { node { id } } } }'
    assert await of_query(crowd, 2, names) <= 25_000


async def test_a_hashtag_s_posts_read_a_small_part(crowd: RecordingDatabase) -> None:
    query = '{ hashtag(name: "tag7") { posts { edges { node { id } } } } }'
    services = Services(database=crowd, cursors=CursorSigner(b"for tests"), notify=lambda: None)
    assert (await ApiClient(services).data(query))["posts"]["edges"]
    [[key]] = await crowd.fetch("SELECT id FROM hashtags WHERE name = 'tag7'")
    statement = SQL.posts_of_hashtags[":anonymous"]
    assert await rows_read(crowd, statement, None, f"{{{key}}}", 2**63 - 1, 0, 21) <= 200


async def test_a_ranking_of_trends_reads_what_it_is_allowed_to(crowd: RecordingDatabase) -> None:
    limits = (jobs.POSTS_OF_AUTHOR, jobs.POSTS_SCORED, jobs.TRENDING_POSTS)
    # The newest posts and events, each post and its author, and the comments and reactions of those that are scored.
    assert await rows_read(crowd, SQL.posts_by_score, 500, 500, *limits) <= 15_000
    assert await rows_read(crowd, SQL.hashtags_by_score, 500, 100) <= 2_000


async def test_an_index_scan_keeps_to_the_periods_of_a_step(crowd: RecordingDatabase) -> None:
    # Where it finds nothing in the first column, PostgreSQL goes on there without a look at the second.
    [[first]] = await crowd.fetch(
        "SELECT pg_get_indexdef('post_words_by_period'::regclass, 1, true)"
    )
    assert first == "search_periods(post_id)"


async def test_the_bounds_are_below_what_a_scan_would_read(crowd: RecordingDatabase) -> None:
    words = phrase("every")
    everything = f"SELECT search_posts($1::text::tsquery, {2**63 - 1}, 0, {POSTS})"
    with pytest.raises(AssertionError):
        await rows_read(crowd, "SELECT count(text) FROM posts WHERE text <> $1", "")
    assert await rows_read(crowd, everything, words) >= POSTS
