"""Pages hide the same users whether few or many blocks and mutes do it, and nothing for anonymous viewers."""

from __future__ import annotations

import pytest

from core.context import Services
from core.database.time_ordered_keys import HIGHEST_KEY, key_array
from core.paging import NO_HORIZON
from feed.statements import SQL as FEED
from interactions.statements import SQL as INTERACTIONS
from tests.core.accounts.world import ApiClient
from tests.interactions.cast import create_users

SHOWN = 5
FEEDS = {
    name: f"query Q {{ {name}(first: 100) {{ edges {{ node {{ author {{ username }} comments(first: 100) {{"
    " edges { node { author { username } } } } } } } }"
    for name in ("publicFeed", "homeFeed")
}
FOLLOW = "INSERT INTO follows (follower_id, followee_id) SELECT $1, unnest($2::bigint[])"
MUTE = "INSERT INTO mutes (muter_id, muted_id) SELECT $1, unnest($2::bigint[])"
BLOCK = "INSERT INTO blocks (blocker_id, blocked_id) SELECT $1, unnest($2::bigint[])"
BE_BLOCKED = "INSERT INTO blocks (blocked_id, blocker_id) SELECT $1, unnest($2::bigint[])"
POST = "INSERT INTO posts (author_id, text) SELECT unnest($1::bigint[]), 'x'"
COMMENT = """
INSERT INTO comments (post_id, author_id, text)
SELECT (SELECT min(id) FROM posts), unnest($1::bigint[]), 'x'
"""


def names(connection: dict[str, list[dict[str, dict[str, dict[str, str]]]]]) -> set[str]:
    return {edge["node"]["author"]["username"] for edge in connection["edges"]}


@pytest.mark.parametrize("each", [1, 30, 40, 120])
async def test_all_hidden_users_are_hidden(services: Services, each: int) -> None:
    """`each`: how many users are muted, are blocked, and block the viewer; 30 are below the hundred that are read at
    once, 40 above.
    """
    viewer, *others = await create_users(services.database, 1 + SHOWN + 3 * each)
    shown, hidden = others[:SHOWN], others[SHOWN:]
    muted, blocked, blocking = (hidden[n * each : (n + 1) * each] for n in range(3))
    async with services.database.connection() as connection:
        # The post that all comment on is the oldest one, by a user who is shown.
        await connection.execute(POST, [*shown[:1], *hidden, *shown[1:]])
        await connection.execute(COMMENT, others)
        await connection.execute(FOLLOW, viewer, [*shown, *muted])
        for statement, users in ((MUTE, muted), (BLOCK, blocked), (BE_BLOCKED, blocking)):
            await connection.execute(statement, viewer, users)
    expected = {f"p{n}" for n in range(2, 2 + SHOWN)}
    for query in FEEDS.values():
        page = await ApiClient(services, viewer).data(query)
        assert names(page) == expected
        assert names(page["edges"][-1]["node"]["comments"]) == expected
    page = await ApiClient(services).data(FEEDS["publicFeed"])
    assert len(page["edges"]) == min(100, SHOWN + 3 * each)


async def test_the_variant_for_anonymous_viewers_shows_nothing_to_a_viewer(
    services: Services,
) -> None:
    [viewer] = await create_users(services.database, 1)
    database = services.database
    [(post,)] = await database.fetch(POST + " RETURNING id", [viewer])
    await database.fetch(COMMENT, [viewer])
    bounds = (HIGHEST_KEY, 0, 10, NO_HORIZON)
    for muter, shown in ((None, None), (viewer, None), (viewer, viewer)):
        posts = await database.fetch(FEED.public_feed_page[":anonymous"], shown, *bounds)
        assert len(posts) == (shown is None)
        statement = INTERACTIONS.comments_of_posts[":anonymous"]
        comments = await database.fetch(statement, shown, key_array([post]), *bounds, muter)
        assert len(comments) == (shown is None and muter is None)
        by_ids = await database.fetch(FEED.posts_by_ids[":anonymous"], shown, [post])
        assert len(by_ids) == (shown is None)
