"""Bookmarks: a list that only its owner sees, and a count that only the post's author sees."""

from __future__ import annotations

import asyncio
import random
from typing import Any

from core.database.database import Database
from core.database.group_commit import GroupCommits
from core.ids import global_id
from feed.services import post_delete
from tests.interactions.cast import (
    assert_counts_are_exact,
    block,
    create_posts,
    create_users,
    delete_account,
    events,
)
from tests.interactions.conftest import Execute
from tests.interactions.reactions import post_bookmark, post_unbookmark

LIST = """
query List($first: Int, $after: String) {
  account {
    bookmarks(first: $first, after: $after) {
      edges { cursor node { id viewerHasBookmarked bookmarkCount } }
      pageInfo { hasNextPage endCursor }
    }
  }
}
"""
POST = "query Post($id: ID!) { post(id: $id) { viewerHasBookmarked bookmarkCount } }"


async def bookmarks(execute: Execute, viewer: int, **arguments: Any) -> Any:
    data = await execute(viewer, LIST, **arguments)
    return data["account"]["bookmarks"]


async def listed(execute: Execute, viewer: int) -> list[str]:
    return [edge["node"]["id"] for edge in (await bookmarks(execute, viewer))["edges"]]


async def test_a_bookmark_is_set_and_removed_once(database: Database, execute: Execute) -> None:
    author, viewer, other = await create_users(database, 3)
    (post,) = await create_posts(database, author)
    values = {"postId": global_id("Post", post)}
    for operation, is_set, changed in (
        ("BookmarkPost", True, True),
        ("BookmarkPost", True, False),
        ("UnbookmarkPost", False, True),
        ("UnbookmarkPost", False, False),
        ("BookmarkPost", True, True),
    ):
        [payload] = (await execute(viewer, operation, input=values)).values()
        assert payload["post"] == {"id": values["postId"], "viewerHasBookmarked": is_set}
        assert (payload["changed"], payload["errors"]) == (changed, [])
    seen = [
        (await execute(each, POST, id=values["postId"]))["post"]
        for each in (viewer, author, other, None)
    ]
    assert seen == [
        {"viewerHasBookmarked": True, "bookmarkCount": None},
        {"viewerHasBookmarked": False, "bookmarkCount": 1},
        {"viewerHasBookmarked": False, "bookmarkCount": None},
        {"viewerHasBookmarked": False, "bookmarkCount": None},
    ]
    assert await events(database) == []  # Nobody is notified.


async def test_the_list_is_its_owners_newest_bookmark_first(
    database: Database, execute: Execute
) -> None:
    author, viewer, other = await create_users(database, 3)
    posts = await create_posts(database, author, 30)
    random.Random(1).shuffle(posts)
    group_commits = GroupCommits(database)
    for post in posts:
        await post_bookmark(group_commits, viewer_id=viewer, target_id=post)
    expected = [global_id("Post", post) for post in reversed(posts)]
    found: list[str] = []
    after = None
    while True:
        page = await bookmarks(execute, viewer, first=7, after=after)
        found += [edge["node"]["id"] for edge in page["edges"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert found == expected
    assert await listed(execute, other) == []
    assert (await execute(None, LIST))["account"] is None


async def test_a_block_hides_a_bookmarked_post_that_can_still_be_removed(
    database: Database, execute: Execute
) -> None:
    author, viewer = await create_users(database, 2)
    post, hidden = await create_posts(database, author, 2)
    for each in (post, hidden):
        await execute(viewer, "BookmarkPost", input={"postId": global_id("Post", each)})
    await block(database, author, viewer)
    assert await listed(execute, viewer) == []
    values = {"postId": global_id("Post", hidden)}
    [payload] = (await execute(viewer, "BookmarkPost", input=values)).values()
    assert payload["errors"][0]["code"] == "NOT_FOUND"
    [payload] = (await execute(viewer, "UnbookmarkPost", input=values)).values()
    assert (payload["post"], payload["changed"], payload["errors"]) == (None, True, [])
    await database.write("DELETE FROM blocks")
    assert await listed(execute, viewer) == [global_id("Post", post)]


async def test_nothing_is_left_of_deleted_posts_and_accounts(
    database: Database, execute: Execute
) -> None:
    author, viewer, leaver = await create_users(database, 3)
    kept, deleted = await create_posts(database, author, 2)
    group_commits = GroupCommits(database)
    for user in (viewer, leaver):
        for post in (kept, deleted):
            await post_bookmark(group_commits, viewer_id=user, target_id=post)
    await post_delete(database, viewer_id=author, post_id=deleted)
    assert await listed(execute, viewer) == [global_id("Post", kept)]
    await delete_account(database, leaver)
    await assert_counts_are_exact(database)
    assert (await execute(author, POST, id=global_id("Post", kept)))["post"]["bookmarkCount"] == 1


async def test_counts_are_exact_after_bookmarks_at_once(database: Database) -> None:
    author, *viewers = await create_users(database, 9)
    posts = await create_posts(database, author, 3)
    group_commits = GroupCommits(database)
    chance = random.Random(2)

    async def toggle(viewer: int) -> None:
        for _ in range(30):
            change = chance.choice((post_bookmark, post_unbookmark))
            await change(group_commits, viewer_id=viewer, target_id=chance.choice(posts))

    await asyncio.gather(*(toggle(viewer) for viewer in viewers))
    await assert_counts_are_exact(database)
