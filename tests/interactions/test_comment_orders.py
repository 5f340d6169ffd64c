"""The orders of the comments on a post, and the comments above one."""

from __future__ import annotations

import random
from typing import Any

import pytest

from core.accounts.profiles import profile_update
from core.database.database import Database
from core.database.group_commit import GroupCommits
from core.ids import global_id
from interactions.services import comment_create, comment_delete
from tests.interactions.cast import block, create_posts, create_users, hide_account, present
from tests.interactions.conftest import Execute
from tests.interactions.reactions import comment_like

COMMENTS = """
query Comments($id: ID!, $order: CommentOrder, $first: Int, $after: String, $last: Int, $before: String) {
  post(id: $id) {
    comments(first: $first, after: $after, last: $last, before: $before, order: $order) {
      edges { cursor node { id } }
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    }
  }
}
"""
ANCESTORS = """
query Ancestors($id: ID!, $last: Int, $before: String) {
  node(id: $id) {
    ... on Comment {
      ancestors(last: $last, before: $before) {
        edges { cursor node { id text textSegments { text } isDeleted editedAt author { username } replyCount } }
        pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
      }
    }
  }
}
"""


async def comment_on(
    database: Database, author: int, post: int, parent: int | None = None, text: str = "x"
) -> int:
    created = await comment_create(
        database, author_id=author, post_id=post, text=text, parent_id=parent
    )
    return present(created.comment).id


async def page(execute: Execute, post: int, viewer: int | None = None, **arguments: Any) -> Any:
    return (await execute(viewer, COMMENTS, id=global_id("Post", post), **arguments))["post"][
        "comments"
    ]


async def walk(
    execute: Execute, post: int, order: str, *, size: int, backward: bool = False
) -> list[str]:
    found: list[str] = []
    cursor = None
    while True:
        arguments = (
            {"last": size, "before": cursor} if backward else {"first": size, "after": cursor}
        )
        part = await page(execute, post, order=order, **arguments)
        ids = [edge["node"]["id"] for edge in part["edges"]]
        found = [*ids, *found] if backward else [*found, *ids]
        info = part["pageInfo"]
        other = "hasNextPage" if backward else "hasPreviousPage"
        assert info[other] is (cursor is not None)
        cursor = info["startCursor"] if backward else info["endCursor"]
        if not info["hasPreviousPage" if backward else "hasNextPage"]:
            return found


async def liked_comments(database: Database) -> tuple[int, list[tuple[int, int]]]:
    """A post, and the likes and keys of its comments."""
    author, *fans = await create_users(database, 6)
    (post,) = await create_posts(database, author)
    (beside,) = await create_posts(database, author)
    await comment_on(database, author, beside)
    rng = random.Random(3)
    group_commits = GroupCommits(database)
    made = []
    for _ in range(23):
        key = await comment_on(database, author, post)
        await comment_on(database, author, post, key)
        chosen = rng.sample(fans, rng.randrange(4))
        for fan in chosen:
            await comment_like(group_commits, viewer_id=fan, target_id=key)
        made.append((len(chosen), key))
    return post, made


@pytest.mark.parametrize("backward", [False, True])
@pytest.mark.parametrize("order", ["NEWEST", "OLDEST", "TOP"])
async def test_a_walk_gives_each_comment_once_in_order(
    database: Database, execute: Execute, order: str, backward: bool
) -> None:
    post, made = await liked_comments(database)
    if order == "TOP":
        keys = [key for _, key in sorted(made, reverse=True)]
    else:
        keys = sorted((key for _, key in made), reverse=order == "NEWEST")
    expected = [global_id("Comment", key) for key in keys]
    for size in (1, 4, 22, 23, 24):
        assert await walk(execute, post, order, size=size, backward=backward) == expected
    whole = await page(execute, post, order=order)
    assert [edge["node"]["id"] for edge in whole["edges"]] == expected[:20]
    empty = await page(execute, post, order=order, first=0)
    assert (empty["edges"], empty["pageInfo"]["hasNextPage"]) == ([], True)


@pytest.mark.parametrize("order", ["NEWEST", "OLDEST", "TOP"])
async def test_comments_of_hidden_authors_are_left_out(
    database: Database, execute: Execute, order: str
) -> None:
    author, viewer, blocked, blocking, deleted = await create_users(database, 5)
    (post,) = await create_posts(database, author)
    keys = [await comment_on(database, user, post) for user in (author, blocked, blocking, deleted)]
    shown, *hidden = [global_id("Comment", key) for key in keys]
    await block(database, viewer, blocked)
    await block(database, blocking, viewer)
    await hide_account(database, deleted)
    for each, expected in ((viewer, {shown}), (None, {shown, *hidden[:2]})):
        edges = (await page(execute, post, each, order=order))["edges"]
        assert {edge["node"]["id"] for edge in edges} == expected


async def test_a_cursor_belongs_to_its_order(database: Database, execute: Execute) -> None:
    post, _ = await liked_comments(database)
    cursors = {
        order: (await page(execute, post, order=order, first=1))["edges"][0]["cursor"]
        for order in ("NEWEST", "OLDEST", "TOP")
    }
    for order in cursors:
        for other, cursor in cursors.items():
            expect = None if order == other else "INVALID_CURSOR"
            await execute(
                None, COMMENTS, id=global_id("Post", post), order=order, after=cursor, expect=expect
            )
    top = cursors["TOP"]
    for bad in (
        top[:-1],
        top + "A",
        ("A" if top[0] != "A" else "B") + top[1:],
        top[:-1] + ("A" if top[-1] != "A" else "B"),
        "BAAA",
        "",
        "é",
    ):
        await execute(
            None,
            COMMENTS,
            id=global_id("Post", post),
            order="TOP",
            after=bad,
            expect="INVALID_CURSOR",
        )
    for order in cursors:
        await execute(
            None, COMMENTS, id=global_id("Post", post), order=order, first=101, expect="BAD_PAGE"
        )
        await execute(
            None,
            COMMENTS,
            id=global_id("Post", post),
            order=order,
            first=1,
            last=1,
            expect="BAD_PAGE",
        )


async def test_what_is_liked_meanwhile_loses_nothing_else(
    database: Database, execute: Execute
) -> None:
    post, made = await liked_comments(database)
    by_likes = [key for _, key in sorted(made, reverse=True)]
    first = await page(execute, post, order="TOP", first=10)
    # The comment at the cursor moves to the top, the one below it goes.
    group_commits = GroupCommits(database)
    rows = await database.fetch("SELECT id FROM users")
    for row in rows:
        await comment_like(group_commits, viewer_id=row[0], target_id=by_likes[9])
    rest = await page(execute, post, order="TOP", first=100, after=first["pageInfo"]["endCursor"])
    assert [edge["node"]["id"] for edge in rest["edges"]] == [
        global_id("Comment", key) for key in by_likes[10:]
    ]


async def test_late_comments_are_found_oldest_first(database: Database, execute: Execute) -> None:
    author, slow = await create_users(database, 2)
    (post,) = await create_posts(database, author)
    first = await comment_on(database, author, post)
    async with database.transaction() as transaction:
        rows = await transaction.fetch(
            "INSERT INTO comments (post_id, author_id, text) VALUES ($1, $2, 'late') RETURNING id",
            post,
            slow,
        )
        second = await comment_on_beside(database, author, post)
        part = await page(execute, post, order="OLDEST", first=2)
        assert [edge["node"]["id"] for edge in part["edges"]] == [
            global_id("Comment", first),
            global_id("Comment", second),
        ]
    rest = await page(execute, post, order="OLDEST", first=2, after=part["pageInfo"]["endCursor"])
    assert [edge["node"]["id"] for edge in rest["edges"]] == [global_id("Comment", rows[0][0])]


async def comment_on_beside(database: Database, author: int, post: int) -> int:
    """A comment that does not lock the post, which another transaction's foreign key holds."""
    rows = await database.write(
        "INSERT INTO comments (post_id, author_id, text) VALUES ($1, $2, 'x') RETURNING id",
        post,
        author,
    )
    return int(rows[0][0])


async def ancestors(
    execute: Execute, comment: int, viewer: int | None = None, **arguments: Any
) -> Any:
    return (await execute(viewer, ANCESTORS, id=global_id("Comment", comment), **arguments))[
        "node"
    ]["ancestors"]


async def thread(database: Database, authors: list[int], depth: int) -> tuple[int, list[int]]:
    (post,) = await create_posts(database, authors[0])
    keys: list[int] = []
    for number in range(depth):
        parent = keys[-1] if keys else None
        keys.append(
            await comment_on(database, authors[number % len(authors)], post, parent, f"t{number}")
        )
        await comment_on(database, authors[0], post, parent, "beside")
    return post, keys


async def test_ancestors_lead_from_the_top_to_the_nearest(
    database: Database, execute: Execute
) -> None:
    users = await create_users(database, 2)
    _, keys = await thread(database, users, 9)
    whole = await ancestors(execute, keys[-1])
    assert [edge["node"]["text"] for edge in whole["edges"]] == [
        f"t{number}" for number in range(8)
    ]
    assert whole["pageInfo"]["hasPreviousPage"] is whole["pageInfo"]["hasNextPage"] is False
    assert (await ancestors(execute, keys[0]))["edges"] == []
    found: list[str] = []
    cursor = None
    while True:
        part = await ancestors(execute, keys[-1], last=3, before=cursor)
        found = [*[edge["node"]["text"] for edge in part["edges"]], *found]
        assert part["pageInfo"]["hasNextPage"] is (cursor is not None)
        cursor = part["pageInfo"]["startCursor"]
        if not part["pageInfo"]["hasPreviousPage"]:
            break
    assert found == [f"t{number}" for number in range(8)]
    none = await ancestors(execute, keys[-1], last=0)
    assert (none["edges"], none["pageInfo"]["hasPreviousPage"]) == ([], True)
    await execute(
        None, ANCESTORS, id=global_id("Comment", keys[-2]), before=cursor, expect="INVALID_CURSOR"
    )
    await execute(None, ANCESTORS, id=global_id("Comment", keys[-1]), last=101, expect="BAD_PAGE")


async def test_what_is_hidden_or_deleted_stands_as_a_tombstone(
    database: Database, execute: Execute
) -> None:
    author, hidden, leaver, viewer = await create_users(database, 4)
    post, keys = await thread(database, [author, hidden, leaver], 4)
    await comment_delete(database, viewer_id=author, comment_id=keys[0])
    await block(database, hidden, viewer)
    await hide_account(database, leaver)
    edges = (await ancestors(execute, keys[3], viewer))["edges"]
    assert [edge["node"]["id"] for edge in edges] == [global_id("Comment", key) for key in keys[:3]]
    for edge in edges:
        node = edge["node"]
        assert (node["text"], node["textSegments"], node["author"]) == ("", [], None)
        assert (node["isDeleted"], node["editedAt"]) == (True, None)
        assert node["replyCount"] >= 1
    seen = (await ancestors(execute, keys[3], author))["edges"]
    assert [edge["node"]["text"] for edge in seen] == ["", "t1", ""]
    # Nothing is left of the post for who is blocked by its author, but their own comment.
    await database.write("DELETE FROM blocks")
    own = await comment_on(database, viewer, post, keys[3])
    await block(database, author, viewer)
    assert (await ancestors(execute, own, viewer))["edges"] == []
    await database.write("DELETE FROM blocks")
    assert (await ancestors(execute, own, viewer))["edges"] != []
    await profile_update(database, viewer_id=author, is_private=True)
    assert (await ancestors(execute, own, viewer))["edges"] == []
