"""Comments are edited by their authors."""

from __future__ import annotations

import asyncio

import pytest

from core.database.database import Database
from core.database.group_commit import GroupCommits
from core.ids import global_id
from interactions.services import comment_create, comment_edit
from tests.interactions.cast import block, create_posts, create_users, events, present
from tests.interactions.conftest import Execute
from tests.interactions.reactions import comment_like

EDIT = """
mutation Edit($input: EditCommentInput!) {
  editComment(input: $input) {
    comment { id text textSegments { text hashtag { name } } editedAt likeCount } errors { code path } clientMutationId
  }
}
"""
COMMENT = "query C($id: ID!) { node(id: $id) { ... on Comment { id text editedAt } } }"


async def comment_on(database: Database, author: int, post: int, text: str = "one") -> int:
    created = await comment_create(database, author_id=author, post_id=post, text=text)
    return present(created.comment).id


async def test_an_author_edits(database: Database, execute: Execute) -> None:
    author, other = await create_users(database, 2)
    (post,) = await create_posts(database, other)
    key = await comment_on(database, author, post)
    id = global_id("Comment", key)
    await database.write("DELETE FROM events")
    assert (await execute(None, COMMENT, id=id))["node"]["editedAt"] is None
    values = {"commentId": id, "text": " #Two\r\n", "clientMutationId": "k"}
    edited = (await execute(author, EDIT, input=values))["editComment"]
    assert edited["errors"] == []
    assert edited["clientMutationId"] == "k"
    assert edited["comment"]["text"] == " #Two"
    assert [each["hashtag"] for each in edited["comment"]["textSegments"]] == [
        None,
        {"name": "two"},
    ]
    assert edited["comment"]["editedAt"] is not None
    shown = (await execute(None, COMMENT, id=id))["node"]
    assert (shown["text"], shown["editedAt"]) == (" #Two", edited["comment"]["editedAt"])
    again = (await execute(author, EDIT, input=values))["editComment"]
    assert again["comment"] == edited["comment"]
    assert await events(database) == [("comment_edited", author, post, key, "k")]


@pytest.mark.parametrize(
    "why", ["others", "blocked", "hidden post", "tombstone", "missing", "bad text"]
)
async def test_what_is_denied_changes_nothing(
    database: Database, execute: Execute, why: str
) -> None:
    author, other, host = await create_users(database, 3)
    (post,) = await create_posts(database, host)
    key = await comment_on(database, author, post)
    viewer, text, code, field = author, "two", "NOT_FOUND", "commentId"
    if why == "others":
        viewer, code = other, "NOT_ALLOWED"
    elif why == "blocked":
        viewer = other
        await block(database, author, other)
    elif why == "hidden post":
        await block(database, host, author)
    elif why == "tombstone":
        await comment_create(database, author_id=other, post_id=post, text="r", parent_id=key)
        await execute(author, "DeleteComment", input={"commentId": global_id("Comment", key)})
    elif why == "missing":
        key += 1
    else:
        text, code, field = "\u200b", "INVALID_INPUT", "text"
    before = await database.fetch("SELECT * FROM comments ORDER BY id"), await events(database)
    values = {"commentId": global_id("Comment", key), "text": text}
    payload = (await execute(viewer, EDIT, input=values))["editComment"]
    assert payload["comment"] is None
    assert payload["errors"] == [{"code": code, "path": ["input", field]}]
    assert before == (
        await database.fetch("SELECT * FROM comments ORDER BY id"),
        await events(database),
    )


async def test_edits_and_likes_at_once_lose_nothing(database: Database) -> None:
    author, *fans = await create_users(database, 12)
    (post,) = await create_posts(database, author)
    key = await comment_on(database, author, post)
    group_commits = GroupCommits(database)
    edits = [
        comment_edit(database, viewer_id=author, comment_id=key, text=f"t{number}")
        for number in range(10)
    ]
    likes = [comment_like(group_commits, viewer_id=fan, target_id=key) for fan in fans]
    edited, _ = await asyncio.gather(asyncio.gather(*edits), asyncio.gather(*likes))
    assert [row.text for row in edited] == [f"t{number}" for number in range(10)]
    rows = await database.fetch("SELECT like_count FROM comments")
    assert rows[0][0] == len(fans)
    kinds = [event[0] for event in await events(database)]
    assert kinds.count("comment_edited") == 10
