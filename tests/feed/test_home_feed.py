"""The home feed equals its plain definition, page by page, in both directions."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Sequence
from pathlib import Path

import pytest

from core.context import Context, Services
from core.database.database import Database
from core.database.list_positions import ListPosition
from core.database.time_ordered_keys import HIGHEST_KEY
from core.paging import NO_HORIZON, EdgeRow, PageRequest, decode_position
from feed.selectors import home_feed_page, home_feed_updates
from feed.statements import SQL, FeedStatements
from tests.contract.statement_costs import cost_of
from tests.ran_statements import ran_statements

ORACLE = (Path(__file__).parent / "home_feed.sql").read_text()
FEW_ARE_MANY = FeedStatements(Path(__file__).parent / "few_are_many")
"""The statements as they run for who follows very many users."""

# Few users and many relations, so that cases combine: several sharers of one post, with blocks and mutes among them.
USERS = 12
FILL = """
WITH created AS (
    INSERT INTO users (username, email, password, display_name, bio, avatar_url, is_active, is_staff, is_superuser)
    SELECT 'p' || n, 'p' || n || '@example.invalid', '!', 'P', '', '', true, false, false
    FROM generate_series(1, $1) n RETURNING id
) SELECT id FROM created ORDER BY id
"""


def list_position_at(position: int) -> ListPosition:
    return ListPosition(position, position)


async def fill(database: Database, rng: random.Random) -> list[int]:
    users = [row[0] for row in await database.write(FILL, USERS)]
    pairs = [(one, other) for one in users for other in users if one != other]
    for follower, followee in rng.sample(pairs, 50):
        await database.write(
            "INSERT INTO follows (follower_id, followee_id) VALUES ($1, $2)", follower, followee
        )
    for muter, muted in rng.sample(pairs, 8):
        await database.write("INSERT INTO mutes (muter_id, muted_id) VALUES ($1, $2)", muter, muted)
    for blocker, blocked in rng.sample(pairs, 5):
        await database.write(
            "INSERT INTO blocks (blocker_id, blocked_id) VALUES ($1, $2)", blocker, blocked
        )
        await database.write(
            "DELETE FROM follows WHERE (follower_id, followee_id) IN (($1, $2), ($2, $1))",
            blocker,
            blocked,
        )
    posts: list[int] = []
    for _ in range(150):
        if posts and rng.random() < 0.6:
            await share(database, rng.choice(users), rng.choice(posts))
        else:
            posts.append(await post(database, rng.choice(users)))
    # The statement probes the followed users of posts with a large share count in another way.
    await database.write(
        "UPDATE posts SET share_count = 1000 WHERE id = ANY($1)", rng.sample(posts, 10)
    )
    return users


async def post(database: Database, author: int) -> int:
    rows = await database.write(
        "INSERT INTO posts (author_id, text) VALUES ($1, 'x') RETURNING id", author
    )
    return int(rows[0][0])


async def share(database: Database, user: int, of: int) -> None:
    await database.write(
        "INSERT INTO shares (user_id, post_id) VALUES ($1, $2) ON CONFLICT DO NOTHING", user, of
    )


async def oracle(database: Database, viewer: int) -> list[tuple[int, int, int | None]]:
    rows = [tuple(row) for row in await database.fetch(ORACLE, viewer)]
    return sorted(rows, key=lambda row: -row[1])


async def resolved(answer: bool | Awaitable[bool]) -> bool:
    return answer if isinstance(answer, bool) else await answer


def entries(page_edges: Sequence[EdgeRow]) -> list[tuple[int, int, int | None]]:
    return [(e.node.id, e.position, e.shared_by and e.shared_by.id) for e in page_edges]


@pytest.mark.parametrize("statements", [SQL, FEW_ARE_MANY], ids=["few", "many"])
@pytest.mark.parametrize("seed", range(5))
async def test_home_feed_equals_its_definition(
    services: Services, seed: int, statements: FeedStatements, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("feed.selectors.SQL", statements)
    rng = random.Random(seed)
    database = services.database
    for viewer in await fill(database, rng):
        expected = await oracle(database, viewer)
        context = Context(services, viewer_id=viewer)
        codec = services.cursors.codec("home", viewer)
        limit = rng.choice([1, 2, 7, 100])

        older: list[EdgeRow] = []
        request = PageRequest(limit)
        while True:
            page = await home_feed_page(context, codec, request)
            older += page.edges
            assert await resolved(page.has_newer()) == (len(older) > len(page.edges))
            assert await resolved(page.has_older()) == (len(older) < len(expected))
            if not await resolved(page.has_older()):
                break
            assert len(page.edges) == limit
            request = PageRequest(limit, below=page.edges[-1].position)
        assert entries(older) == expected

        newer: list[EdgeRow] = []
        request = PageRequest(limit, oldest_first=True)
        while True:
            page = await home_feed_page(context, codec, request)
            newer = [*page.edges, *newer]
            assert await resolved(page.has_older()) == (len(newer) > len(page.edges))
            if not await resolved(page.has_newer()):
                break
            assert len(page.edges) == limit
            request = PageRequest(
                limit, before=list_position_at(page.edges[0].position), oldest_first=True
            )
        assert entries(newer) == expected

        if expected:
            index = rng.randrange(len(expected))
            assert await home_feed_updates(context, list_position_at(expected[index][1])) == min(
                index, 101
            )


@pytest.mark.parametrize("statements", [SQL, FEW_ARE_MANY], ids=["few", "many"])
@pytest.mark.parametrize("seed", range(5, 8))
async def test_a_page_that_is_complete_is_the_same_with_any_breadth(
    services: Services, seed: int, statements: FeedStatements
) -> None:
    database = services.database
    rng = random.Random(seed)
    for viewer in await fill(database, rng):
        expected = [entry[:2] for entry in await oracle(database, viewer)]
        for variant in ("", ":oldest_first"):
            at = rng.choice([None, *(position for _, position in expected)])
            below, above = (at or HIGHEST_KEY, 0) if not variant else (HIGHEST_KEY, at or 0)
            inside = [entry for entry in expected if above < entry[1] < below]
            limit = rng.choice([1, 2, 7])
            page = inside[-limit:] if variant else inside[:limit]
            complete = []
            for breadth in (1, 2, 3, 5, 7, 20, 200):
                statement = statements.home_feed_page[variant]
                arguments = (viewer, below, above, limit, breadth, NO_HORIZON)
                rows = await database.fetch(statement, *arguments)
                if rows[0][-1]:
                    entries = [(row[3], row[1]) for row in rows if row[1] is not None]
                    assert sorted(entries, reverse=True) == sorted(page, reverse=True)
                complete.append(rows[0][-1])
            assert complete[-1]


@pytest.mark.usefixtures("known_horizon")
@pytest.mark.parametrize(("posts", "statements"), [("one", 1), ("of a muted user", 2)])
async def test_pages_are_full_where_the_first_reasons_do_not_count(
    services: Services, posts: str, statements: int
) -> None:
    database = services.database
    viewer, author, muted, *sharers = [row[0] for row in await database.write(FILL, 90)]
    shared = [await post(database, author if posts == "one" else muted) for _ in sharers]
    for _ in range(40):
        await post(database, author)
    follow = "INSERT INTO follows (follower_id, followee_id) VALUES ($1, $2)"
    for followee in [author, *sharers]:
        await database.write(follow, viewer, followee)
    await database.write("INSERT INTO mutes (muter_id, muted_id) VALUES ($1, $2)", viewer, muted)
    for sharer, of in zip(sharers, shared, strict=True):
        await share(database, sharer, shared[0] if posts == "one" else of)
    context = Context(services, viewer_id=viewer)
    codec = services.cursors.codec("home", viewer)
    with ran_statements() as ran:
        page = await home_feed_page(context, codec, PageRequest(20))
    assert entries(page.edges) == (await oracle(database, viewer))[:20]
    assert len(ran) == statements


async def test_of_many_shares_of_a_post_one_is_judged(services: Services) -> None:
    """Where each was compared with all followed users, their number counted squared."""
    database = services.database
    viewer, author, *followed = [row[0] for row in await database.write(FILL, 102)]
    shared = await post(database, author)
    follow = "INSERT INTO follows (follower_id, followee_id) VALUES ($1, $2)"
    for followee in followed:
        await database.write(follow, viewer, followee)
    for sharer in followed[50:]:
        await share(database, sharer, shared)
    await database.write("UPDATE posts SET share_count = 1000")
    arguments = (viewer, HIGHEST_KEY, 0, 21, 21, NO_HORIZON)
    async with database.connection() as connection:
        cost = await cost_of(connection, SQL.home_feed_page[""], arguments)
    # Two for each of 100 followed users, as sources and as possible sharers, and some for each of 50 shares.
    assert cost.buffers <= 1_500


async def test_the_viewers_own_shares_are_not_read(services: Services) -> None:
    viewer, author, *_ = [row[0] for row in await services.database.write(FILL, USERS)]
    for _ in range(60):
        await share(services.database, viewer, await post(services.database, author))
    # Not a page: that also looks up which posts the viewer has shared.
    arguments = (viewer, HIGHEST_KEY, 0, 21, 21)
    async with services.database.connection() as connection:
        cost = await cost_of(connection, SQL.home_feed_updates[""], arguments, "shares")
    assert cost.rows == 0


async def test_a_cursor_is_bound_to_its_viewer(services: Services) -> None:
    cursor = services.cursors.codec("home", 1).encode(5)
    assert decode_position(services.cursors.codec("home", 1), cursor).key == 5
    for other in (services.cursors.codec("home", 2), services.cursors.codec("public")):
        with pytest.raises(Exception, match="does not belong to this list"):
            decode_position(other, cursor)
