"""A post with many likes, shares or comments is hidden at once and removed in small transactions."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from core.context import Services
from core.database.database import Database
from core.database.group_commit import GroupCommits
from core.errors import MutationRefused
from core.ids import global_id
from feed.services import post_delete
from interactions.services import comment_create, comment_delete
from tests.interactions.cast import (
    accounts_erase,
    create_posts,
    create_users,
    events,
    killed_workers,
)
from tests.interactions.conftest import Execute
from tests.interactions.reactions import (
    comment_like,
    comment_unlike,
    post_like,
    post_share,
    post_unlike,
    post_unshare,
)
from tests.interactions.test_erasure import assert_all_counts_are_exact, erase_step

FILL = """
WITH numbered AS (
    SELECT id, row_number() OVER (ORDER BY id) AS n FROM users WHERE username LIKE 'p%'
), liked AS (
    INSERT INTO post_likes (user_id, post_id) SELECT id, $1 FROM numbered WHERE n <= $2 RETURNING 1
), shared AS (
    INSERT INTO shares (user_id, post_id) SELECT id, $1 FROM numbered WHERE n <= $3 RETURNING 1
), commented AS (
    INSERT INTO comments (author_id, post_id, text, like_count)
    SELECT id, $1, 'x', CASE WHEN n = 1 THEN $5 ELSE 0 END FROM numbered WHERE n <= $4
    RETURNING id, author_id, like_count
), liked_comment AS (
    INSERT INTO comment_likes (user_id, comment_id)
    SELECT numbered.id, commented.id
    FROM commented JOIN numbered ON numbered.n <= commented.like_count WHERE commented.like_count > 0
)
UPDATE posts SET like_count = $2, share_count = $3, comment_count = $4 WHERE id = $1
"""
COUNT_ROWS = """
SELECT (SELECT count(*) FROM posts), (SELECT count(*) FROM post_likes), (SELECT count(*) FROM shares),
    (SELECT count(*) FROM comments), (SELECT count(*) FROM comment_likes)
"""
MANY = 600


@pytest.fixture
async def group_commits(services: Services) -> Any:
    yield services.group_commits
    await services.group_commits.close()


async def large_post(
    database: Database, *, likes: int = 0, shares: int = 0, comments: int = 0, of_comment: int = 0
) -> tuple[int, int]:
    """A post with so many likes, shares and comments, and its author."""
    author, *_ = await create_users(database, MANY)
    (post,) = await create_posts(database, author)
    await database.write(FILL, post, likes, shares, comments, of_comment)
    return post, author


async def rows_left(database: Database) -> tuple[int, ...]:
    [row] = await database.fetch(COUNT_ROWS)
    return tuple(row)


@pytest.mark.parametrize(
    "rows",
    [
        {"likes": MANY},
        {"shares": MANY},
        {"comments": MANY},
        {"comments": 2, "of_comment": MANY},
        {"likes": 200, "shares": 200, "comments": 200},
    ],
)
async def test_counts_are_exact_after_each_transaction_of_the_removal(
    database: Database, rows: dict[str, int]
) -> None:
    post, author = await large_post(database, **rows)
    assert await post_delete(database, viewer_id=author, post_id=post, client_mutation_id="k")
    assert (await rows_left(database))[0] == 1
    await assert_all_counts_are_exact(database)
    [[post_count]] = await database.fetch("SELECT post_count FROM users WHERE id = $1", author)
    assert post_count == 0
    assert not await post_delete(database, viewer_id=author, post_id=post)
    steps = 0
    while await erase_step(database) is not None:
        steps += 1
        await assert_all_counts_are_exact(database)
    assert steps > 5
    assert await rows_left(database) == (0, 0, 0, 0, 0)
    # One event, with the author as actor, and one of each share; the account that held the post leaves no trace.
    deleted, *unshared = await events(database)
    assert deleted == ("post_deleted", author, post, None, "k")
    assert [kind for kind, *_ in unshared] == ["post_unshared"] * rows.get("shares", 0)
    assert len(await database.fetch("SELECT FROM users")) == MANY
    assert await database.fetch("SELECT FROM former_usernames") == []


async def test_a_small_post_is_removed_at_once(database: Database) -> None:
    post, author = await large_post(database, likes=100, shares=100, comments=100, of_comment=100)
    assert await post_delete(database, viewer_id=author, post_id=post)
    assert await rows_left(database) == (0, 0, 0, 0, 0)


async def test_a_deleted_large_post_is_hidden_at_once(
    database: Database, group_commits: GroupCommits, execute: Execute
) -> None:
    post, author = await large_post(database, likes=MANY, shares=3, comments=5)
    users = await database.fetch("SELECT id FROM users ORDER BY id LIMIT 3")
    liker, reader = users[1][0], users[2][0]
    written: dict[str, Any] = {"post_id": post, "author_id": liker, "text": "Mine"}
    written["client_mutation_id"] = "mine"
    comment = (await comment_create(database, **written)).comment
    assert comment is not None
    await comment_like(group_commits, viewer_id=author, target_id=comment.id)
    await post_delete(database, viewer_id=author, post_id=post)
    query = """query Seen($id: ID!, $comment: ID!) {
        post(id: $id) { id } node(id: $id) { id } comment: node(id: $comment) { id }
        publicFeed(first: 5) { edges { node { id } } } homeFeed(first: 5) { edges { node { id } } }
        viewer { postCount posts { edges { node { id } } } }
    }"""
    variables = {"id": global_id("Post", post), "comment": global_id("Comment", comment.id)}
    for viewer in (author, reader, liker):
        seen = await execute(viewer, query, **variables)
        assert seen["post"] is seen["node"] is seen["comment"] is None
        assert seen["publicFeed"]["edges"] == seen["homeFeed"]["edges"] == []
        assert seen["viewer"] == {"postCount": 0, "posts": {"edges": []}}
    # A repeated call finds its result, but no longer the comment.
    assert await comment_create(database, **written) == (None, True)
    for change in (post_like, post_share):
        with pytest.raises(MutationRefused):
            await change(group_commits, viewer_id=author, target_id=post)
    with pytest.raises(MutationRefused):
        await comment_create(database, author_id=reader, post_id=post, text="Late")
    # Users can undo their own writes until they are removed.
    for undo in (post_unlike, post_unshare):
        assert (await undo(group_commits, viewer_id=liker, target_id=post)).changed
    undone = await comment_unlike(group_commits, viewer_id=author, target_id=comment.id)
    assert undone == (None, True)
    assert await comment_delete(database, viewer_id=liker, comment_id=comment.id)
    await assert_all_counts_are_exact(database)
    await accounts_erase(database)
    assert await rows_left(database) == (0, 0, 0, 0, 0)


async def test_removal_completes_after_kills_and_concurrent_writes(
    database: Database, group_commits: GroupCommits
) -> None:
    post, author = await large_post(database, likes=MANY, shares=MANY, comments=MANY)
    other, *_ = [row[0] for row in await database.fetch("SELECT id FROM users ORDER BY id DESC")]
    writes = [
        *(post_like(group_commits, viewer_id=other, target_id=post) for _ in range(5)),
        *(
            comment_create(database, author_id=other, post_id=post, text=f"Late {n}")
            for n in range(20)
        ),
        post_delete(database, viewer_id=author, post_id=post),
        *(post_unlike(group_commits, viewer_id=other, target_id=post) for _ in range(5)),
        *(post_share(group_commits, viewer_id=other, target_id=post) for _ in range(5)),
        post_delete(database, viewer_id=author, post_id=post),
    ]
    results = await asyncio.gather(*writes, return_exceptions=True)
    assert {type(each) for each in results if isinstance(each, BaseException)} <= {MutationRefused}
    await assert_all_counts_are_exact(database)
    async for _ in killed_workers(database, 3):
        await assert_all_counts_are_exact(database)
    await asyncio.gather(accounts_erase(database), accounts_erase(database))
    await accounts_erase(database)
    assert await rows_left(database) == (0, 0, 0, 0, 0)
    assert [kind for kind, *_ in await events(database)].count("post_deleted") == 1


async def test_large_posts_of_two_authors_are_deleted_concurrently(database: Database) -> None:
    first, author = await large_post(database, likes=MANY)
    [[other]] = await database.fetch("SELECT max(id) FROM users")
    second, third = await create_posts(database, other, 2)
    for post in (second, third):
        await database.write(FILL, post, MANY, 0, 0, 0)
    deleted = await asyncio.gather(
        *(
            post_delete(database, viewer_id=viewer, post_id=post)
            for viewer, post in ((author, first), (other, second), (other, third)) * 2
        )
    )
    assert sorted(deleted) == [False] * 3 + [True] * 3
    await assert_all_counts_are_exact(database)
    await accounts_erase(database)
    assert await rows_left(database) == (0, 0, 0, 0, 0)
    assert len(await events(database)) == 3
