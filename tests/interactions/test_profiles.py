"""What a profile lists beside posts: the pinned post, comments; and the posts that the viewer likes."""

from __future__ import annotations

import asyncio
import random
from typing import Any

from core.database.database import Database
from core.database.group_commit import GroupCommits
from core.ids import global_id
from feed.services import post_delete, post_pin
from interactions.services import comment_create, comment_delete
from tests.interactions.cast import (
    block,
    create_posts,
    create_users,
    delete_account,
    hide_account,
    present,
)
from tests.interactions.conftest import Execute
from tests.interactions.reactions import post_like, post_unlike

PINNED = "query P($name: String!) { user(username: $name) { pinnedPost { id text } } }"
TAB = """
query Tab($name: String!, $tab: ProfileTab, $first: Int, $after: String) {
  user(username: $name) {
    posts(tab: $tab, first: $first, after: $after) {
      edges { cursor node { id } sharedBy { id } } pageInfo { hasNextPage endCursor } eventCursor
    }
  }
}
"""
PICTURE = """
INSERT INTO media (owner_id, post_id, position, alt_text, content_type, byte_size, state)
SELECT p.author_id, p.id, n, '', 'image/png', 1, 'PROCESSING' FROM posts p CROSS JOIN generate_series(1, 2) n
WHERE p.id = $1
"""


async def pinned(execute: Execute, viewer: int | None, name: str = "p1") -> Any:
    user = (await execute(viewer, PINNED, name=name))["user"]
    return user and user["pinnedPost"] and user["pinnedPost"]["id"]


async def pin(execute: Execute, viewer: int, post: int) -> Any:
    values = {"postId": global_id("Post", post), "clientMutationId": "k"}
    return (await execute(viewer, "PinPost", input=values))["pinPost"]


async def test_a_post_is_pinned_in_place_of_another(database: Database, execute: Execute) -> None:
    author, other = await create_users(database, 2)
    first, second = await create_posts(database, author, 2)
    for post, changed in ((first, True), (first, False), (second, True)):
        id = global_id("Post", post)
        payload = await pin(execute, author, post)
        assert payload["user"] == {"id": global_id("User", author), "pinnedPost": {"id": id}}
        assert (payload["changed"], payload["errors"]) == (changed, [])
        assert [await pinned(execute, viewer) for viewer in (author, other, None)] == [id] * 3
    for changed in (True, False):
        payload = (await execute(author, "UnpinPost", input={}))["unpinPost"]
        assert payload["user"]["pinnedPost"] is None
        assert payload["changed"] is changed
    assert await pinned(execute, None) is None


async def test_only_ones_own_visible_post_is_pinned(database: Database, execute: Execute) -> None:
    author, viewer = await create_users(database, 2)
    (post,) = await create_posts(database, author)
    payload = await pin(execute, viewer, post)
    assert [error["code"] for error in payload["errors"]] == ["NOT_ALLOWED"]
    await block(database, author, viewer)
    for target in (post, post + 1):
        payload = await pin(execute, viewer, target)
        assert [error["code"] for error in payload["errors"]] == ["NOT_FOUND"]
        assert (payload["user"], payload["changed"]) == (None, False)
    assert await database.fetch("SELECT FROM pinned_posts") == []


async def test_a_pinned_post_is_shown_to_who_may_see_it(
    database: Database, execute: Execute
) -> None:
    author, follower, stranger, blocked = await create_users(database, 4)
    (post,) = await create_posts(database, author)
    await pin(execute, author, post)
    await database.write(
        "INSERT INTO follows (follower_id, followee_id) VALUES ($1, $2)", follower, author
    )
    await block(database, blocked, author)
    id = global_id("Post", post)
    assert await pinned(execute, blocked) is None
    await database.write("UPDATE users SET is_private = true WHERE id = $1", author)
    seen = [await pinned(execute, viewer) for viewer in (author, follower, stranger, None)]
    assert seen == [id, id, None, None]
    await post_delete(database, viewer_id=author, post_id=post)
    assert await pinned(execute, author) is None
    (post,) = await create_posts(database, author)
    await pin(execute, author, post)
    await delete_account(database, author)
    assert await database.fetch("SELECT FROM pinned_posts") == []


async def test_a_deleted_post_is_not_there_to_unpin(database: Database, execute: Execute) -> None:
    """One with many likes is erased later, with its pin."""
    author, *fans = await create_users(database, 521)
    (post,) = await create_posts(database, author)
    await database.write(
        "INSERT INTO post_likes (user_id, post_id) SELECT unnest($1::bigint[]), $2", fans, post
    )
    await pin(execute, author, post)
    await post_delete(database, viewer_id=author, post_id=post)
    assert len(await database.fetch("SELECT FROM pinned_posts")) == 1
    payload = (await execute(author, "UnpinPost", input={}))["unpinPost"]
    assert (payload["changed"], payload["errors"]) == (False, [])


async def test_pinning_at_once_pins_one(database: Database) -> None:
    (author,) = await create_users(database, 1)
    posts = await create_posts(database, author, 8)
    pins = [post_pin(database, viewer_id=author, post_id=post) for post in posts]
    deletions = [post_delete(database, viewer_id=author, post_id=post) for post in posts[:4]]
    await asyncio.gather(*pins, *deletions, return_exceptions=True)
    rows = await database.fetch("SELECT post_id FROM pinned_posts")
    assert len(rows) <= 1
    assert all(row[0] in posts[4:] for row in rows)


async def test_comments_of_a_user_are_listed(database: Database, execute: Execute) -> None:
    author, host, hider, leaver, viewer = await create_users(database, 5)
    made: list[int] = []
    on: dict[int, int] = {}
    for number in range(20):
        owner = (host, hider, leaver, author)[number % 4]
        (post,) = await create_posts(database, owner)
        parent = await comment_create(database, author_id=host, post_id=post, text="above")
        created = await comment_create(
            database,
            author_id=author,
            post_id=post,
            text=f"c{number}",
            parent_id=present(parent.comment).id if number % 3 == 0 else None,
        )
        made.append(present(created.comment).id)
        on[made[-1]] = owner
    await block(database, hider, viewer)
    await hide_account(database, leaver)
    await comment_delete(database, viewer_id=author, comment_id=made[-1])

    async def walk(user: int | None, first: int) -> list[str]:
        found: list[str] = []
        after = None
        while True:
            data = await execute(user, "ProfileComments", username="p1", first=first, after=after)
            page = data["user"]["comments"]
            found += [edge["node"]["id"] for edge in page["edges"]]
            assert all(edge["node"]["post"] for edge in page["edges"])
            after = page["pageInfo"]["endCursor"]
            if not page["pageInfo"]["hasNextPage"]:
                return found

    live = [key for key in reversed(made[:-1]) if on[key] != leaver]
    for user, expected in (
        (None, live),
        (author, live),
        (viewer, [key for key in live if on[key] != hider]),
    ):
        for first in (2, 100):
            assert await walk(user, first) == [global_id("Comment", key) for key in expected]
    await block(database, viewer, author)
    assert await walk(viewer, 5) == []


async def test_liked_posts_are_listed_by_like(database: Database, execute: Execute) -> None:
    author, hider, viewer, other = await create_users(database, 4)
    posts = [*await create_posts(database, author, 12), *await create_posts(database, hider, 3)]
    random.Random(2).shuffle(posts)
    group_commits = GroupCommits(database)
    for post in posts:
        await post_like(group_commits, viewer_id=viewer, target_id=post)
    await post_like(group_commits, viewer_id=other, target_id=posts[0])

    async def walk(first: int) -> list[str]:
        found: list[str] = []
        after = None
        while True:
            page = (await execute(viewer, "Liked", first=first, after=after))["account"][
                "likedPosts"
            ]
            found += [edge["node"]["id"] for edge in page["edges"]]
            after = page["pageInfo"]["endCursor"]
            if not page["pageInfo"]["hasNextPage"]:
                return found

    expected = [global_id("Post", post) for post in reversed(posts)]
    assert await walk(4) == await walk(100) == expected
    await block(database, hider, viewer)
    rows = await database.fetch("SELECT id FROM posts WHERE author_id = $1", hider)
    hidden = {global_id("Post", row[0]) for row in rows}
    assert await walk(4) == [id for id in expected if id not in hidden]
    await post_unlike(group_commits, viewer_id=viewer, target_id=posts[0])
    assert global_id("Post", posts[0]) not in await walk(100)
    assert (await execute(None, "Liked"))["account"] is None


async def test_the_media_tab_has_posts_with_pictures(database: Database, execute: Execute) -> None:
    author, follower = await create_users(database, 2)
    posts = await create_posts(database, author, 9)
    for post in posts[::2]:
        await database.write(PICTURE, post)

    async def walk(viewer: int | None, tab: str | None, first: int) -> list[str]:
        found: list[str] = []
        after = None
        while True:
            data = await execute(viewer, TAB, name="p1", tab=tab, first=first, after=after)
            page = data["user"]["posts"]
            found += [edge["node"]["id"] for edge in page["edges"]]
            after = page["pageInfo"]["endCursor"]
            if not page["pageInfo"]["hasNextPage"]:
                return found

    everything = [global_id("Post", post) for post in reversed(posts)]
    with_pictures = [global_id("Post", post) for post in reversed(posts[::2])]
    assert await walk(None, "POSTS", 4) == await walk(None, None, 4) == everything
    assert await walk(None, "MEDIA", 2) == await walk(follower, "MEDIA", 100) == with_pictures
    data = await execute(None, TAB, name="p1", tab="POSTS", first=1)
    cursor = data["user"]["posts"]["pageInfo"]["endCursor"]
    await execute(None, TAB, name="p1", tab="MEDIA", after=cursor, expect="INVALID_CURSOR")
    await database.write("UPDATE users SET is_private = true")
    assert await walk(None, "MEDIA", 3) == await walk(follower, "MEDIA", 3) == []
    assert await walk(author, "MEDIA", 3) == with_pictures
    await database.write("UPDATE users SET is_private = false")
    await block(database, follower, author)
    assert await walk(follower, "MEDIA", 3) == []
    await database.write("DELETE FROM blocks")
    await block(database, author, follower)
    assert (await execute(follower, TAB, name="p1", tab="MEDIA"))["user"] is None
