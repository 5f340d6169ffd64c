"""Lists that hang on posts and comments: newest first, full, and without what blocks hide."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from typing import Any

import pytest

from core.database.database import Database
from core.database.group_commit import GroupCommits
from core.database.time_ordered_keys import HIGHEST_KEY, key_array
from core.ids import global_id
from interactions import services
from interactions.comment_rows import CommentRow
from interactions.statements import SQL
from tests.interactions.cast import block, people, posts_by
from tests.interactions.conftest import Ask

LIST = """
query List($id: ID!, $first: Int, $after: String, $last: Int, $before: String) {
  node(id: $id) {
    ... on Post {
      comments(first: $first, after: $after, last: $last, before: $before) { ...Page }
      likers(first: $first, after: $after, last: $last, before: $before) { ...People }
      sharers(first: $first, after: $after, last: $last, before: $before) { ...People }
    }
    ... on Comment {
      replies(first: $first, after: $after, last: $last, before: $before) { ...Page }
    }
  }
}
fragment Page on CommentConnection {
  edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
}
fragment People on UserConnection {
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
    ask: Ask, viewer: int | None, name: str, id: str, *, size: int, kind: str = "Post"
) -> list[str]:
    """The whole list, from its newest to its oldest and back: every page but the last is full."""
    document = ONE_LIST % (kind, name)
    seen: list[str] = []
    after: str | None = None
    while True:
        page = (await ask(viewer, document, id=id, first=size, after=after))["node"][name]
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
        page = (await ask(viewer, document, id=id, last=size, before=before))["node"][name]
        info, nodes = page["pageInfo"], [edge["node"]["id"] for edge in page["edges"]]
        back = nodes + back
        if not info["hasPreviousPage"]:
            break
        assert len(nodes) == size
        before = info["startCursor"]
    assert back == seen
    return seen


@pytest.mark.parametrize("seed", range(3))
async def test_lists_are_whole_and_hide_what_blocks_hide(
    database: Database, ask: Ask, seed: int
) -> None:
    chance = random.Random(seed)
    author, *crowd = await people(database, 9)
    (post,) = await posts_by(database, author)
    viewer, hidden, hiding = crowd[0], crowd[1], crowd[2]
    liked = chance.sample(crowd, 7)
    shared = chance.sample(crowd, 6)
    group_commits = GroupCommits(database)
    for person in liked:
        await services.post_like(group_commits, viewer_id=person, post_id=post)
    for person in shared:
        await services.post_share(group_commits, viewer_id=person, post_id=post)
    top = [await comment(database, chance.choice(crowd), post) for _ in range(15)]
    root = await comment(database, viewer, post)
    replies = [await comment(database, chance.choice(crowd), post, root) for _ in range(11)]
    await block(database, viewer, hidden)
    await block(database, hiding, viewer)

    for who, unseen in ((viewer, {hidden, hiding}), (None, set()), (crowd[4], set())):
        size = chance.choice([1, 2, 3, 100])
        post_id = global_id("Post", post)

        def comments(rows: list[CommentRow], unseen: set[int] = unseen) -> list[str]:
            shown = [row for row in rows if row.author and row.author.id not in unseen]
            return [global_id("Comment", row.id) for row in reversed(shown)]

        def persons(keys: list[int], unseen: set[int] = unseen) -> list[str]:
            return [global_id("User", key) for key in reversed(keys) if key not in unseen]

        found = await walk(ask, who, "comments", post_id, size=size)
        assert found == comments([*top, root])
        root_id = global_id("Comment", root.id)
        found = await walk(ask, who, "replies", root_id, size=size, kind="Comment")
        assert found == comments(replies)
        assert await walk(ask, who, "likers", post_id, size=size) == persons(liked)
        assert await walk(ask, who, "sharers", post_id, size=size) == persons(shared)


async def test_lists_of_many_posts_cost_what_one_costs(database: Database, ask: Ask) -> None:
    author, viewer = await people(database, 2)
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
    for post in await posts_by(database, author, 30):
        top = await comment(database, viewer, post)
        await comment(database, author, post, top)
        await services.post_like(group_commits, viewer_id=viewer, post_id=post)
        await services.post_share(group_commits, viewer_id=viewer, post_id=post)
        await services.comment_like(group_commits, viewer_id=viewer, comment_id=top.id)

    async def cost(first: int) -> tuple[int, Any]:
        statements: list[str] = []
        database.observer = statements.append
        data = await ask(viewer, document, first=first)
        database.observer = None
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
async def test_a_page_of_comments_reads_no_other_post_s(database: Database, direction: str) -> None:
    """Also where the planner is told that all comments are on one post."""
    (author,) = await people(database, 1)
    full, quiet = await posts_by(database, author, 2)
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
    arguments = (author, key_array([full, quiet]), HIGHEST_KEY, 0, 4, author)
    ((plan,),) = await database.fetch(explain, *arguments)
    scans = [node for node in nodes(json.loads(plan)[0]["Plan"]) if node.get("Alias") == "c"]
    (scan,) = (node for node in scans if "Index Name" in node)
    assert scan["Actual Rows"] * scan["Actual Loops"] <= 8
    assert scan.get("Rows Removed by Filter", 0) == 0


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for part in plan.get("Plans", []):
        yield from nodes(part)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"first": -1}, "BAD_PAGE"),
        ({"last": 101}, "BAD_PAGE"),
        ({"first": 2, "last": 2}, "BAD_PAGE"),
        ({"first": 2, "after": "AQAAAAAAAAABAAAAAAAAAAA"}, "INVALID_CURSOR"),
    ],
)
async def test_pages_that_can_t_be(
    database: Database, ask: Ask, arguments: dict[str, Any], code: str
) -> None:
    (author,) = await people(database, 1)
    (post,) = await posts_by(database, author)
    await ask(author, LIST, expect=code, id=global_id("Post", post), **arguments)


async def test_a_cursor_holds_for_its_own_list_only(database: Database, ask: Ask) -> None:
    (author,) = await people(database, 1)
    first, second = await posts_by(database, author, 2)
    for post in (first, second):
        await comment(database, author, post)
    document = ONE_LIST % ("Post", "comments")
    page = await ask(author, document, id=global_id("Post", first), first=1)
    cursor = page["node"]["comments"]["pageInfo"]["endCursor"]
    other = global_id("Post", second)
    await ask(author, document, expect="INVALID_CURSOR", id=other, first=1, after=cursor)
