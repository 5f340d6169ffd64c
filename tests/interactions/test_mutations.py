"""The contract's mutations of posts and comments, as clients send them."""

from __future__ import annotations

from typing import Any

import pytest

from core.database.database import Database
from core.ids import global_id
from tests.interactions.cast import (
    assert_counts_are_exact,
    block,
    create_posts,
    create_users,
    events,
)
from tests.interactions.conftest import Execute

STATES = [
    ("LikePost", "UnlikePost", "likeCount", "viewerHasLiked"),
    ("SharePost", "UnsharePost", "shareCount", "viewerHasShared"),
]


async def scene(database: Database) -> tuple[int, int, str]:
    author, viewer = await create_users(database, 2)
    (post,) = await create_posts(database, author)
    return author, viewer, global_id("Post", post)


def payload(data: dict[str, Any]) -> Any:
    """The value of the only root field."""
    (found,) = data.values()
    return found


async def create_comment(
    execute: Execute, viewer: int, post_id: str, **more: str
) -> dict[str, Any]:
    values = {"postId": post_id, "text": "Well said.", **more}
    created = payload(await execute(viewer, "CreateComment", input=values))
    assert created["errors"] == []
    comment: dict[str, Any] = created["comment"]
    return comment


@pytest.mark.parametrize(("do", "undo", "count", "flag"), STATES)
async def test_likes_and_shares_set_a_state(
    database: Database, execute: Execute, do: str, undo: str, *, count: str, flag: str
) -> None:
    _, viewer, post_id = await scene(database)
    values = {"postId": post_id, "clientMutationId": "k"}
    for operation, number, changed in ((do, 1, True), (do, 1, False), (undo, 0, True)):
        result = payload(await execute(viewer, operation, input=values))
        assert result["post"] == {"id": post_id, count: number, flag: bool(number)}
        assert (result["changed"], result["errors"]) == (changed, [])
        assert result.get("clientMutationId", "k") == "k"
    assert len(await events(database)) == 2


@pytest.mark.parametrize("operation", ["LikePost", "UnlikePost", "SharePost", "UnsharePost"])
async def test_hidden_and_missing_posts_are_not_found(
    database: Database, execute: Execute, operation: str
) -> None:
    author, viewer, post_id = await scene(database)
    await block(database, author, viewer)
    user_id = global_id("User", author)
    for hidden_id in (post_id, global_id("Post", 5), user_id, "garbage", "", "\0", "9" * 5_000):
        result = payload(await execute(viewer, operation, input={"postId": hidden_id}))
        assert (result["post"], result["changed"]) == (None, False)
        assert [(error["code"], error["path"]) for error in result["errors"]] == [
            ("NOT_FOUND", ["input", "postId"])
        ]
    assert await events(database) == []


async def test_anonymous_clients_can_not_write(database: Database, execute: Execute) -> None:
    _, _, post_id = await scene(database)
    for operation, values in (
        ("LikePost", {"postId": post_id}),
        ("SharePost", {"postId": post_id}),
        ("CreateComment", {"postId": post_id, "text": "so"}),
        ("DeleteComment", {"commentId": global_id("Comment", 5)}),
        ("LikeComment", {"commentId": global_id("Comment", 5)}),
    ):
        await execute(None, operation, expect="UNAUTHENTICATED", input=values)
    assert await events(database) == []


async def test_a_comment_is_created_liked_answered_and_deleted(
    database: Database, execute: Execute
) -> None:
    author, viewer, post_id = await scene(database)
    comment = await create_comment(execute, viewer, post_id)
    assert comment["text"] == "Well said."
    assert comment["author"]["username"] == "p2"
    assert comment["post"] == {"id": post_id, "commentCount": 1}
    for operation, number, changed in (("LikeComment", 1, True), ("LikeComment", 1, False)):
        result = payload(await execute(author, operation, input={"commentId": comment["id"]}))
        assert result["comment"] == {
            "id": comment["id"],
            "likeCount": number,
            "viewerHasLiked": True,
        }
        assert result["changed"] is changed
    reply = await create_comment(execute, author, post_id, parentId=comment["id"])

    detail = (await execute(viewer, "PostDetail", id=post_id))["post"]
    assert detail["commentCount"] == 2
    (found,) = (edge["node"] for edge in detail["comments"]["edges"])
    assert (found["likeCount"], found["replyCount"], found["viewerHasLiked"]) == (1, 1, False)
    assert found["replies"]["edges"][0]["node"]["id"] == reply["id"]

    for changed in (True, False):
        result = payload(await execute(viewer, "DeleteComment", input={"commentId": comment["id"]}))
        assert result == {"deletedCommentId": comment["id"], "changed": changed, "errors": []}
    detail = (await execute(viewer, "PostDetail", id=post_id))["post"]
    assert detail["commentCount"] == 1
    (found,) = (edge["node"] for edge in detail["comments"]["edges"])
    assert (found["id"], found["text"], found["author"]) == (comment["id"], "", None)
    await assert_counts_are_exact(database)


async def test_a_comment_has_its_post_and_parent(database: Database, execute: Execute) -> None:
    author, viewer, post_id = await scene(database)
    top = await create_comment(execute, viewer, post_id)
    reply = await create_comment(execute, author, post_id, parentId=top["id"])
    document = """query Comments($ids: [ID!]!) { nodes(ids: $ids) { ... on Comment {
      id isDeleted post { id } parent { id } } } }"""
    ids = [reply["id"], top["id"]]
    assert (await execute(None, document, ids=ids))["nodes"] == [
        {"id": ids[0], "isDeleted": False, "post": {"id": post_id}, "parent": {"id": ids[1]}},
        {"id": ids[1], "isDeleted": False, "post": {"id": post_id}, "parent": None},
    ]
    (stranger,) = await create_users(database, 1, first=3)
    await block(database, stranger, viewer)
    found = (await execute(stranger, document, ids=ids))["nodes"]
    assert found == [
        {"id": ids[0], "isDeleted": False, "post": {"id": post_id}, "parent": None},
        None,
    ]


async def test_a_repeated_key_replays_the_comment(database: Database, execute: Execute) -> None:
    _, viewer, post_id = await scene(database)
    values = {"postId": post_id, "text": " \nonce\r\n", "clientMutationId": "k"}
    first = payload(await execute(viewer, "CreateComment", input=values))
    again = payload(await execute(viewer, "CreateComment", input=values | {"text": "once"}))
    assert (first["replayed"], again["replayed"]) == (False, True)
    assert first["comment"] == again["comment"]
    other = payload(await execute(viewer, "CreateComment", input=values | {"text": "twice"}))
    assert other["comment"] is None
    assert other["errors"][0]["code"] == "IDEMPOTENCY_KEY_REUSED"
    assert other["errors"][0]["path"] == ["input", "clientMutationId"]
    assert len(await events(database)) == 1


@pytest.mark.parametrize(
    ("more", "code", "field"),
    [
        ({"text": "  "}, "INVALID_INPUT", "text"),
        ({"text": "\u2800\u200b\u0301"}, "INVALID_INPUT", "text"),
        ({"text": "a\u202eb"}, "INVALID_INPUT", "text"),
        ({"text": "x" * 501}, "INVALID_INPUT", "text"),
        ({"text": "x\0y"}, "INVALID_INPUT", "text"),
        ({"text": "x\ud800"}, "INVALID_INPUT", "text"),
        ({"parentId": "garbage"}, "NOT_FOUND", "parentId"),
        ({"parentId": global_id("Comment", 5)}, "NOT_FOUND", "parentId"),
        ({"parentId": global_id("Post", 5)}, "NOT_FOUND", "parentId"),
        ({"postId": global_id("Post", 5)}, "NOT_FOUND", "postId"),
        ({"postId": "garbage"}, "NOT_FOUND", "postId"),
        ({"clientMutationId": ""}, "INVALID_INPUT", "clientMutationId"),
        ({"clientMutationId": "x" * 101}, "INVALID_INPUT", "clientMutationId"),
    ],
)
async def test_invalid_comments_are_refused(
    database: Database, execute: Execute, more: dict[str, str], *, code: str, field: str
) -> None:
    _, viewer, post_id = await scene(database)
    values = {"postId": post_id, "text": "so", **more}
    result = payload(await execute(viewer, "CreateComment", input=values))
    assert result["comment"] is None
    assert [(error["code"], error["path"]) for error in result["errors"]] == [
        (code, ["input", field])
    ]
    assert await events(database) == []
    await assert_counts_are_exact(database)


async def test_other_users_can_not_delete_a_comment(database: Database, execute: Execute) -> None:
    author, viewer, post_id = await scene(database)
    comment = await create_comment(execute, viewer, post_id)
    result = payload(await execute(author, "DeleteComment", input={"commentId": comment["id"]}))
    assert (result["deletedCommentId"], result["changed"]) == (None, False)
    assert [(error["code"], error["path"]) for error in result["errors"]] == [
        ("NOT_ALLOWED", ["input", "commentId"])
    ]
    result = payload(await execute(author, "DeleteComment", input={"commentId": "garbage"}))
    assert result["errors"][0]["code"] == "NOT_FOUND"
    assert len(await events(database)) == 1
