"""The home feed equals its plain definition, page by page, in both directions."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Sequence
from pathlib import Path

import pytest

from core.context import Context, Services
from core.database.database import Database
from core.database.list_places import Place
from core.paging import EdgeRow, PageRequest, decode_place
from feed.selectors import home_feed_page, home_feed_updates

ORACLE = (Path(__file__).parent / "home_feed.sql").read_text()

# Few people and many relations, so that reasons meet: several sharers of one post, blocks and mutes across them.
PEOPLE = 12
FILL = """
WITH people AS (
    INSERT INTO users (username, email, password, display_name, bio, avatar_url, is_active, is_staff, is_superuser)
    SELECT 'p' || n, 'p' || n || '@example.invalid', '!', 'P', '', '', true, false, false
    FROM generate_series(1, $1) n RETURNING id
) SELECT id FROM people ORDER BY id
"""


def place_at(position: int) -> Place:
    return Place(position, position)


async def fill(database: Database, chance: random.Random) -> list[int]:
    people = [row[0] for row in await database.write(FILL, PEOPLE)]
    pairs = [(one, other) for one in people for other in people if one != other]
    for follower, followee in chance.sample(pairs, 50):
        await database.write(
            "INSERT INTO follows (follower_id, followee_id) VALUES ($1, $2)", follower, followee
        )
    for muter, muted in chance.sample(pairs, 8):
        await database.write("INSERT INTO mutes (muter_id, muted_id) VALUES ($1, $2)", muter, muted)
    for blocker, blocked in chance.sample(pairs, 5):
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
        if posts and chance.random() < 0.6:
            await share(database, chance.choice(people), chance.choice(posts))
        else:
            posts.append(await post(database, chance.choice(people)))
    # Posts that everybody seems to share take the other way through the people followed.
    await database.write(
        "UPDATE posts SET share_count = 1000 WHERE id = ANY($1)", chance.sample(posts, 10)
    )
    return people


async def post(database: Database, author: int) -> int:
    rows = await database.write(
        "INSERT INTO posts (author_id, text) VALUES ($1, 'x') RETURNING id", author
    )
    return int(rows[0][0])


async def share(database: Database, person: int, of: int) -> None:
    await database.write(
        "INSERT INTO shares (user_id, post_id) VALUES ($1, $2) ON CONFLICT DO NOTHING", person, of
    )


async def oracle(database: Database, viewer: int) -> list[tuple[int, int, int | None]]:
    rows = [tuple(row) for row in await database.fetch(ORACLE, viewer)]
    return sorted(rows, key=lambda row: -row[1])


async def settled(answer: bool | Awaitable[bool]) -> bool:
    return answer if isinstance(answer, bool) else await answer


def entries(page_edges: Sequence[EdgeRow]) -> list[tuple[int, int, int | None]]:
    return [(e.node.id, e.position, e.shared_by and e.shared_by.id) for e in page_edges]


@pytest.mark.parametrize("seed", range(5))
async def test_home_feed_equals_its_definition(services: Services, seed: int) -> None:
    chance = random.Random(seed)
    database = services.database
    for viewer in await fill(database, chance):
        expected = await oracle(database, viewer)
        context = Context(services, viewer_id=viewer)
        codec = services.cursors.codec("home", viewer)
        limit = chance.choice([1, 2, 7, 100])

        older: list[EdgeRow] = []
        request = PageRequest(limit)
        while True:
            page = await home_feed_page(context, codec, request)
            older += page.edges
            assert await settled(page.has_newer()) == (len(older) > len(page.edges))
            assert await settled(page.has_older()) == (len(older) < len(expected))
            if not await settled(page.has_older()):
                break
            assert len(page.edges) == limit
            request = PageRequest(limit, below=page.edges[-1].position)
        assert entries(older) == expected

        newer: list[EdgeRow] = []
        request = PageRequest(limit, oldest_first=True)
        while True:
            page = await home_feed_page(context, codec, request)
            newer = [*page.edges, *newer]
            assert await settled(page.has_older()) == (len(newer) > len(page.edges))
            if not await settled(page.has_newer()):
                break
            assert len(page.edges) == limit
            request = PageRequest(limit, before=place_at(page.edges[0].position), oldest_first=True)
        assert entries(newer) == expected

        if expected:
            held = chance.randrange(len(expected))
            assert await home_feed_updates(context, place_at(expected[held][1])) == min(held, 101)


async def test_a_cursor_is_bound_to_its_viewer(services: Services) -> None:
    cursor = services.cursors.codec("home", 1).encode(5)
    assert decode_place(services.cursors.codec("home", 1), cursor).position == 5
    for other in (services.cursors.codec("home", 2), services.cursors.codec("public")):
        with pytest.raises(Exception, match="does not belong to this list"):
            decode_place(other, cursor)
