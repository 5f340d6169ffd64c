"""Lists of posts and comments: newest first, full pages, without what blocks hide."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from core.database.database import Database
from core.database.group_commit import GroupCommits
from core.database.time_ordered_keys import HIGHEST_KEY, key_array
from core.ids import global_id
from core.paging import NO_HORIZON
from interactions import services
from interactions.comment_rows import CommentRow
from interactions.statements import SQL
from tests.interactions.cast import block, create_posts, create_users
from tests.interactions.conftest import Execute
from tests.interactions.reactions import comment_like, post_like, post_share
from tests.query_plans import plan_nodes
from tests.ran_statements import ran_statements

LIST = """
query List($id: ID!, $first: Int, $after: String, $last: Int, $before: String) {
  node(id: $id) {
    ... on Post {
      comments(first: $first, after: $after, last: $last, before: $before) { ...Page }
      likers(first: $first, after: $after, last: $last, before: $before) { ...Users }
      sharers(first: $first, after: $after, last: $last, before: $before) { ...Users }
    }
    ... on Comment {
      replies(first: $first, after: $after, last: $last, before: $before) { ...Page }
    }
  }
}
fragment Page on CommentConnection {
  edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
}
fragment Users on UserConnection {
  edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
}
"""
ONE_LIST = """
query One($id: ID!, $first: Int, $after: String, $last: Int, $before: String) {
  node(id: $id) { ... on %s { %s(first: $first, after: $after, last: $last, before: $before) {
    edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  } } }
}
"""


async def comment(
    database: Database, author: int, post: int, parent: CommentRow | None = None
) -> CommentRow:
    created = await services.comment_create(
        database,
        author_id=author,
        post_id=post,
        text=f"by {author}",
        parent_id=None if parent is None else parent.id,
    )
    assert created.comment is not None
    return created.comment


async def walk(
    execute: Execute, viewer: int | None, name: str, id: str, *, size: int, kind: str = "Post"
) -> list[str]:
    """Pages through the whole list and back; every page but the last is full. Returns the ids."""
    document = ONE_LIST % (kind, name)
    seen: list[str] = []
    after: str | None = None
    while True:
        page = (await execute(viewer, document, id=id, first=size, after=after))["node"][name]
        info, nodes = page["pageInfo"], [edge["node"]["id"] for edge in page["edges"]]
        assert info["hasPreviousPage"] is (after is not None and bool(seen))
        seen += nodes
        if not info["hasNextPage"]:
            break
        assert len(nodes) == size
        after = info["endCursor"]
    back: list[str] = []
    before: str | None = None
    while True:
        page = (await execute(viewer, document, id=id, last=size, before=before))["node"][name]
        info, nodes = page["pageInfo"], [edge["node"]["id"] for edge in page["edges"]]
        back = nodes + back
        if not info["hasPreviousPage"]:
            break
        assert len(nodes) == size
        before = info["startCursor"]
    assert back == seen
    return seen


@pytest.mark.parametrize("seed", range(3))
async def test_lists_are_complete_without_what_blocks_hide(
    database: Database, execute: Execute, seed: int
) -> None:
    rng = random.Random(seed)
    author, *users = await create_users(database, 9)
    (post,) = await create_posts(database, author)
    viewer, hidden, hiding = users[0], users[1], users[2]
    liked = rng.sample(users, 7)
    shared = rng.sample(users, 6)
    group_commits = GroupCommits(database)
    for user in liked:
        await post_like(group_commits, viewer_id=user, target_id=post)
    for user in shared:
        await post_share(group_commits, viewer_id=user, target_id=post)
    top = [await comment(database, rng.choice(users), post) for _ in range(15)]
    root = await comment(database, viewer, post)
    replies = [await comment(database, rng.choice(users), post, root) for _ in range(11)]
    await block(database, viewer, hidden)
    await block(database, hiding, viewer)

    for who, hidden_ids in ((viewer, {hidden, hiding}), (None, set()), (users[4], set())):
        size = rng.choice([1, 2, 3, 100])
        post_id = global_id("Post", post)

        def comments(rows: list[CommentRow], hidden_ids: set[int] = hidden_ids) -> list[str]:
            shown = [row for row in rows if row.author and row.author.id not in hidden_ids]
            return [global_id("Comment", row.id) for row in reversed(shown)]

        def user_ids(keys: list[int], hidden_ids: set[int] = hidden_ids) -> list[str]:
            return [global_id("User", key) for key in reversed(keys) if key not in hidden_ids]

        found = await walk(execute, who, "comments", post_id, size=size)
        assert found == comments([*top, root])
        root_id = global_id("Comment", root.id)
        found = await walk(execute, who, "replies", root_id, size=size, kind="Comment")
        assert found == comments(replies)
        assert await walk(execute, who, "likers", post_id, size=size) == user_ids(liked)
        assert await walk(execute, who, "sharers", post_id, size=size) == user_ids(shared)


@pytest.mark.usefixtures("known_horizon")
async def test_lists_of_many_posts_take_as_many_statements_as_of_one(
    database: Database, execute: Execute
) -> None:
    author, viewer = await create_users(database, 2)
    document = """
    query Feed($first: Int) { publicFeed(first: $first) { edges { node {
      id
      comments(first: 3) { edges { node { id text viewerHasLiked author { username }
        replies(first: 2) { edges { node { id author { username } } } } } } }
      likers(first: 3) { edges { node { username } } }
      sharers(first: 2) { edges { node { username } } }
    } } } }
    """
    group_commits = GroupCommits(database)
    for post in await create_posts(database, author, 30):
        top = await comment(database, viewer, post)
        await comment(database, author, post, top)
        await post_like(group_commits, viewer_id=viewer, target_id=post)
        await post_share(group_commits, viewer_id=viewer, target_id=post)
        await comment_like(group_commits, viewer_id=viewer, target_id=top.id)

    async def cost(first: int) -> tuple[int, Any]:
        with ran_statements() as statements:
            data = await execute(viewer, document, first=first)
        edges = data["publicFeed"]["edges"]
        assert len(edges) == first
        return len(statements), edges

    one, _ = await cost(1)
    many, edges = await cost(30)
    assert one == many == 6
    for edge in edges:
        (found,) = (entry["node"] for entry in edge["node"]["comments"]["edges"])
        assert found["viewerHasLiked"] is True
        assert found["author"] == {"username": "p2"}
        assert [reply["node"]["author"]["username"] for reply in found["replies"]["edges"]] == [
            "p1"
        ]
        assert edge["node"]["likers"]["edges"] == [{"node": {"username": "p2"}}]


@pytest.mark.parametrize("direction", ["", ":oldest_first"])
async def test_a_page_of_comments_reads_no_rows_of_other_posts(
    database: Database, direction: str
) -> None:
    """Also where statistics show all comments on one post."""
    (author,) = await create_users(database, 1)
    full, quiet = await create_posts(database, author, 2)
    await database.write(
        "WITH top AS ("
        "INSERT INTO comments (post_id, author_id, text) "
        "SELECT $1, $2, 'x' FROM generate_series(1, 3000) RETURNING *"
        ") INSERT INTO comments (post_id, author_id, text, parent_id) "
        "SELECT post_id, author_id, text, id FROM top",
        full,
        author,
    )
    await database.write("ANALYZE")
    explain = f"EXPLAIN (ANALYZE, FORMAT JSON) {SQL.comments_of_posts[direction]}"
    arguments = (author, key_array([full, quiet]), HIGHEST_KEY, 0, 4, NO_HORIZON, author)
    ((plan,),) = await database.fetch(explain, *arguments)
    scans = [node for node in plan_nodes(json.loads(plan)[0]["Plan"]) if node.get("Alias") == "c"]
    (scan,) = (node for node in scans if "Index Name" in node)
    assert scan["Actual Rows"] * scan["Actual Loops"] <= 8
    assert scan.get("Rows Removed by Filter", 0) == 0


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"first": -1}, "BAD_PAGE"),
        ({"last": 101}, "BAD_PAGE"),
        ({"first": 2, "last": 2}, "BAD_PAGE"),
        ({"first": 2, "after": "AQAAAAAAAAABAAAAAAAAAAA"}, "INVALID_CURSOR"),
    ],
)
async def test_invalid_page_arguments_are_refused(
    database: Database, execute: Execute, arguments: dict[str, Any], code: str
) -> None:
    (author,) = await create_users(database, 1)
    (post,) = await create_posts(database, author)
    await execute(author, LIST, expect=code, id=global_id("Post", post), **arguments)


async def test_a_cursor_is_valid_for_its_list_only(database: Database, execute: Execute) -> None:
    (author,) = await create_users(database, 1)
    first, second = await create_posts(database, author, 2)
    for post in (first, second):
        await comment(database, author, post)
    document = ONE_LIST % ("Post", "comments")
    page = await execute(author, document, id=global_id("Post", first), first=1)
    cursor = page["node"]["comments"]["pageInfo"]["endCursor"]
    other = global_id("Post", second)
    await execute(author, document, expect="INVALID_CURSOR", id=other, first=1, after=cursor)
