"""Kept home feeds are built, trimmed and removed within their bounds, and read at a cost within theirs."""

from __future__ import annotations

import pytest

from core.database.time_ordered_keys import HIGHEST_KEY
from core.jobs.registry import JobKind
from core.paging import NO_HORIZON
from feed.jobs import expire_home_feeds, remove_home_feeds, trim_home_feeds
from feed.statements import SQL
from tests.contract.statement_costs import cost_of
from tests.feed.kept_feeds import LIVE, Crowd
from tests.interactions.cast import run_jobs


async def run_job(crowd: Crowd, kind: JobKind) -> None:
    """Runs a schedule until it is not due any more."""
    await crowd.database.write("DELETE FROM jobs WHERE kind = $1", kind.name)
    async with crowd.database.transaction() as transaction:
        await kind.enqueue(transaction)
    await run_jobs(crowd.database, kind)


async def counts(crowd: Crowd) -> tuple[int, int]:
    rows = await crowd.database.fetch(
        "SELECT (SELECT count(*) FROM home_feeds), (SELECT count(*) FROM home_feed_reasons)"
    )
    return rows[0][0], rows[0][1]


@pytest.mark.parametrize(
    ("reasons", "posts", "left"),
    [(1_300, 1_300, 1_200), (2_600, 1_300, 2_400), (4_900, 100, 4_800)],
)
async def test_a_long_feed_is_trimmed_and_ends_there(
    crowd: Crowd, reasons: int, posts: int, left: int
) -> None:
    """By its posts, of which some have been shared often, and by its reasons."""
    await crowd.create(1)
    [reader] = crowd.users
    await crowd.keep(reader)
    [(feed,)] = await crowd.database.fetch(LIVE, reader)
    await crowd.database.write(
        "INSERT INTO home_feed_reasons (feed_id, position, post_id) "
        "SELECT $1, n, (n - 1) * $3::int / $2::int FROM generate_series(1, $2::int) n",
        *(feed, reasons, posts),
    )
    await run_job(crowd, trim_home_feeds)
    assert await counts(crowd) == (1, reasons)
    await crowd.database.write("UPDATE home_feeds SET trimmed_at = now() - interval '2 hours'")
    await run_job(crowd, trim_home_feeds)
    assert await counts(crowd) == (1, left)
    floor = await crowd.database.fetch("SELECT floor FROM home_feeds")
    assert floor[0][0] == reasons - left + 1


async def test_a_feed_is_built_of_as_many_posts_however_often_they_were_shared(
    crowd: Crowd,
) -> None:
    await crowd.create(4)
    reader, author, *sharers = crowd.users
    for followee in (author, *sharers):
        await crowd.follow(reader, followee)
    await crowd.database.write(
        """
        WITH posts AS (
            INSERT INTO posts (author_id, text) SELECT $1, 'x' FROM generate_series(1, 1300) RETURNING id
        ), pairs AS (
            SELECT id, user_id FROM posts, unnest($2::bigint[]) AS s(user_id) ORDER BY id
        )
        INSERT INTO shares (user_id, post_id) SELECT user_id, id FROM pairs
        """,
        *(author, sharers),
    )
    await crowd.keep(reader)
    assert await counts(crowd) == (1, 2_400)
    expected = await crowd.oracle(reader)
    floor = await crowd.database.fetch("SELECT floor FROM home_feeds")
    assert sum(1 for _, position, _ in expected if position >= floor[0][0]) == 1_200
    assert (await crowd.walk(reader, 100)) == expected


@pytest.mark.parametrize("taken_back", [0, 30, 60])
async def test_of_the_shares_of_a_post_that_many_share_few_are_read(
    crowd: Crowd, taken_back: int
) -> None:
    """Where each share of a storm was compared with all others, there or taken back, their number counted squared."""
    await crowd.create(62)
    reader, author, *sharers = crowd.users
    for followee in (author, *sharers):
        await crowd.follow(reader, followee)
    first, shared = await crowd.post(author), await crowd.post(author)
    for sharer in sharers:
        await crowd.share(sharer, shared)
    await crowd.keep(reader)
    for sharer in sharers[60 - taken_back :]:
        await crowd.unshare(sharer, shared)
    arguments = (reader, HIGHEST_KEY, 0, 21, 84, NO_HORIZON)
    async with crowd.database.connection() as connection:
        await connection.execute("ANALYZE home_feed_reasons, shares")
        statement = SQL.kept_home_feed_page[""]
        cost = await cost_of(connection, statement, arguments, "home_feed_reasons")
    assert [post for post, *_ in await crowd.walk(reader, 20)] == [shared, first]
    # Of 62: as candidates, by their posts, each share again with the next that counts, and those taken back once more.
    assert cost.rows <= 5 * 62


async def test_old_feeds_are_retired_and_their_rows_removed(crowd: Crowd) -> None:
    await crowd.create(3)
    for reader in crowd.users:
        await crowd.post(reader)
        await crowd.keep(reader)
    await crowd.work_all()
    old, unadopted, _ = crowd.users
    age = "UPDATE home_feeds SET built_at = now() - $2::text::interval, is_adopted = $3 WHERE reader_id = $1"
    await crowd.database.write(age, old, "8 days", True)
    await crowd.database.write(age, unadopted, "11 minutes", False)
    await run_job(crowd, expire_home_feeds)
    await run_job(crowd, remove_home_feeds)
    assert await counts(crowd) == (3, 3)
    await crowd.database.write(
        "UPDATE home_feeds SET retired_at = retired_at - interval '1 minute'"
    )
    await run_job(crowd, remove_home_feeds)
    assert await counts(crowd) == (1, 1)
