"""Quotes: what a post quotes, as each viewer may see it, how often a post is quoted, and by which posts."""

from __future__ import annotations

import asyncio
import random
from typing import Any

import pytest

from core.database.database import Database
from core.ids import global_id
from feed.services import post_create, post_delete
from tests.interactions.cast import (
    assert_counts_are_exact,
    block,
    create_posts,
    create_users,
    delete_account,
    hide_account,
    present,
)
from tests.interactions.conftest import Execute

CREATE = """
mutation Create($input: CreatePostInput!) {
  createPost(input: $input) {
    post { id text quoteCount quote { state post { id text author { username } } } }
    replayed errors { code path }
  }
}
"""
POST = "query Post($id: ID!) { post(id: $id) { quoteCount quote { state post { id } } } }"
QUOTES = """
query Quotes($id: ID!, $first: Int, $after: String) {
  post(id: $id) {
    quotes(first: $first, after: $after) {
      edges { node { id } } pageInfo { hasNextPage endCursor } eventCursor
    }
  }
}
"""
UNAVAILABLE = {"state": "UNAVAILABLE", "post": None}


async def quote(database: Database, author: int, quoted: int) -> int:
    created = await post_create(database, author_id=author, text="q", quoted_post_id=quoted)
    return present(created.post).id


async def shown(execute: Execute, viewer: int | None, post: int) -> Any:
    return (await execute(viewer, POST, id=global_id("Post", post)))["post"]


async def quotes(execute: Execute, viewer: int | None, post: int, **arguments: Any) -> list[str]:
    data = await execute(viewer, QUOTES, id=global_id("Post", post), **arguments)
    return [edge["node"]["id"] for edge in data["post"]["quotes"]["edges"]]


async def test_a_post_quotes_another(database: Database, execute: Execute) -> None:
    author, viewer = await create_users(database, 2)
    (post,) = await create_posts(database, author)
    values = {"text": "look", "quotedPostId": global_id("Post", post), "clientMutationId": "k"}
    first, again = [(await execute(viewer, CREATE, input=values))["createPost"] for _ in "12"]
    assert first["post"]["quote"] == {
        "state": "VISIBLE",
        "post": {"id": values["quotedPostId"], "text": "x", "author": {"username": "p1"}},
    }
    assert (again["replayed"], again["post"]) == (True, first["post"])
    other = (await execute(viewer, CREATE, input={"text": "look", "clientMutationId": "k"}))[
        "createPost"
    ]
    assert other["errors"][0]["code"] == "IDEMPOTENCY_KEY_REUSED"
    assert await shown(execute, None, post) == {"quoteCount": 1, "quote": None}
    assert await quotes(execute, None, post) == [first["post"]["id"]]
    await assert_counts_are_exact(database)


async def test_what_cannot_be_seen_cannot_be_quoted(database: Database, execute: Execute) -> None:
    author, viewer, leaver = await create_users(database, 3)
    (post,) = await create_posts(database, author)
    (gone,) = await create_posts(database, leaver)
    await block(database, author, viewer)
    await hide_account(database, leaver)
    for target in (global_id("Post", post), global_id("Post", gone), global_id("Post", 12345)):
        payload = (await execute(viewer, CREATE, input={"text": "x", "quotedPostId": target}))[
            "createPost"
        ]
        assert payload["errors"] == [{"code": "NOT_FOUND", "path": ["input", "quotedPostId"]}]
        assert payload["post"] is None
    for target in ("", "x", global_id("User", author)):
        payload = (await execute(viewer, CREATE, input={"text": "x", "quotedPostId": target}))[
            "createPost"
        ]
        assert payload["errors"][0]["path"] == ["input", "quotedPostId"]
    assert len(await database.fetch("SELECT FROM posts")) == 2
    await assert_counts_are_exact(database)


async def test_deleted_and_hidden_posts_look_alike(database: Database, execute: Execute) -> None:
    author, viewer, blocked, leaver = await create_users(database, 4)
    kept, deleted = await create_posts(database, author, 2)
    (left,) = await create_posts(database, leaver)
    quoting = [await quote(database, viewer, each) for each in (kept, deleted, left)]
    await block(database, author, blocked)
    await post_delete(database, viewer_id=author, post_id=deleted)
    await hide_account(database, leaver)
    for user, expected in ((viewer, kept), (None, kept), (blocked, None)):
        found = [(await shown(execute, user, each))["quote"] for each in quoting]
        visible = {"state": "VISIBLE", "post": {"id": global_id("Post", kept)}}
        assert found == [visible if expected else UNAVAILABLE, UNAVAILABLE, UNAVAILABLE]
    await delete_account(database, leaver)
    assert (await shown(execute, viewer, quoting[2]))["quote"] == UNAVAILABLE
    await assert_counts_are_exact(database)


async def test_quotes_are_listed_newest_first_without_hidden_ones(
    database: Database, execute: Execute
) -> None:
    author, *others = await create_users(database, 4)
    (post,) = await create_posts(database, author)
    made = [await quote(database, others[number % 3], post) for number in range(21)]
    expected = [global_id("Post", key) for key in reversed(made)]
    found: list[str] = []
    after = None
    while True:
        data = await execute(None, QUOTES, id=global_id("Post", post), first=4, after=after)
        page = data["post"]["quotes"]
        found += [edge["node"]["id"] for edge in page["edges"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert found == expected
    await block(database, others[0], author)
    await hide_account(database, others[1])
    expected = [global_id("Post", key) for key in reversed(made[2::3])]
    assert await quotes(execute, author, post) == expected
    # The count is the same for every viewer.
    assert (await shown(execute, author, post))["quoteCount"] == 21
    await execute(author, QUOTES, id=global_id("Post", post), after="00", expect="INVALID_CURSOR")


async def test_counts_hold_when_quoting_posts_go(database: Database) -> None:
    author, quoter, leaver = await create_users(database, 3)
    first, second = await create_posts(database, author, 2)
    keys = [await quote(database, quoter, first) for _ in range(3)]
    chain = [first]
    for _ in range(25):  # More than a batch, each quoting the one before.
        chain.append(await quote(database, leaver, chain[-1]))
    await quote(database, leaver, second)
    assert await post_delete(database, viewer_id=quoter, post_id=keys[0])
    await assert_counts_are_exact(database)
    await delete_account(database, leaver)
    await assert_counts_are_exact(database)
    # With many likes it is hidden first, and removed later.
    await create_users(database, 500, first=10)
    await database.write(
        "INSERT INTO post_likes (user_id, post_id) SELECT id, $1 FROM users", keys[1]
    )
    await database.write(
        "UPDATE posts SET like_count = (SELECT count(*) FROM users) WHERE id = $1", keys[1]
    )
    assert await post_delete(database, viewer_id=quoter, post_id=keys[1])
    await assert_counts_are_exact(database)
    rows = await database.fetch("SELECT quote_count FROM posts WHERE id = $1", first)
    assert rows[0][0] == 1


async def test_counts_hold_under_a_storm(database: Database) -> None:
    users = await create_users(database, 8)
    posts = await create_posts(database, users[0], 4)
    rng = random.Random(1)

    async def write(user: int) -> None:
        own: list[int] = []
        for _ in range(12):
            if own and rng.random() < 0.4:
                await post_delete(
                    database, viewer_id=user, post_id=own.pop(rng.randrange(len(own)))
                )
            else:
                own.append(await quote(database, user, rng.choice([*posts, *own])))

    await asyncio.gather(*map(write, users))
    await assert_counts_are_exact(database)


async def test_a_quote_of_a_post_that_is_being_deleted_waits_for_it(database: Database) -> None:
    author, viewer = await create_users(database, 2)
    for _ in range(10):
        (post,) = await create_posts(database, author)
        results = await asyncio.gather(
            quote(database, viewer, post),
            post_delete(database, viewer_id=author, post_id=post),
            return_exceptions=True,
        )
        assert results[1] is True
        await assert_counts_are_exact(database)


@pytest.mark.parametrize("executor_order", [1])
async def test_a_page_of_quotes_takes_one_statement_more(
    database: Database, execute: Execute, executor_order: int
) -> None:
    author, viewer = await create_users(database, 2)
    posts = await create_posts(database, author, 5)
    for post in posts:
        await quote(database, viewer, post)
    feed = "{ publicFeed(first: 10) { edges { node { quote { state post { id quote { state } } } } } } }"
    data = await execute(None, feed)
    states = [
        edge["node"]["quote"] and edge["node"]["quote"]["state"]
        for edge in data["publicFeed"]["edges"]
    ]
    assert states == ["VISIBLE"] * 5 + [None] * 5
