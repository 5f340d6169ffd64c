"""The contract's operations on posts and comments, as clients send them."""

from __future__ import annotations

from typing import Any

import pytest

from core.database.database import Database
from core.ids import global_id
from tests.interactions.cast import assert_counts_are_exact, block, events, people, posts_by
from tests.interactions.conftest import Ask

STATES = [
    ("LikePost", "UnlikePost", "likeCount", "viewerHasLiked"),
    ("SharePost", "UnsharePost", "shareCount", "viewerHasShared"),
]


async def scene(database: Database) -> tuple[int, int, str]:
    author, viewer = await people(database, 2)
    (post,) = await posts_by(database, author)
    return author, viewer, global_id("Post", post)


def payload(data: dict[str, Any]) -> Any:
    """The only field's value."""
    (found,) = data.values()
    return found


async def commented(ask: Ask, viewer: int, post_id: str, **more: str) -> dict[str, Any]:
    asked = {"postId": post_id, "text": "Well said.", **more}
    created = payload(await ask(viewer, "CreateComment", input=asked))
    assert created["errors"] == []
    comment: dict[str, Any] = created["comment"]
    return comment


@pytest.mark.parametrize(("do", "undo", "count", "flag"), STATES)
async def test_a_state_of_a_post(
    database: Database, ask: Ask, do: str, undo: str, *, count: str, flag: str
) -> None:
    _, viewer, post_id = await scene(database)
    asked = {"postId": post_id, "clientMutationId": "k"}
    for operation, number, changed in ((do, 1, True), (do, 1, False), (undo, 0, True)):
        told = payload(await ask(viewer, operation, input=asked))
        assert told["post"] == {"id": post_id, count: number, flag: bool(number)}
        assert (told["changed"], told["errors"]) == (changed, [])
        assert told.get("clientMutationId", "k") == "k"
    assert len(await events(database)) == 2


@pytest.mark.parametrize("operation", ["LikePost", "UnlikePost", "SharePost", "UnsharePost"])
async def test_a_post_that_is_not_there(database: Database, ask: Ask, operation: str) -> None:
    author, viewer, post_id = await scene(database)
    await block(database, author, viewer)
    user_id = global_id("User", author)
    for unseen in (post_id, global_id("Post", 5), user_id, "garbage", "", "\0", "9" * 5_000):
        told = payload(await ask(viewer, operation, input={"postId": unseen}))
        assert (told["post"], told["changed"]) == (None, False)
        assert [(error["code"], error["path"]) for error in told["errors"]] == [
            ("NOT_FOUND", ["input", "postId"])
        ]
    assert await events(database) == []


async def test_nobody_writes_without_signing_in(database: Database, ask: Ask) -> None:
    _, _, post_id = await scene(database)
    for operation, asked in (
        ("LikePost", {"postId": post_id}),
        ("SharePost", {"postId": post_id}),
        ("CreateComment", {"postId": post_id, "text": "so"}),
        ("DeleteComment", {"commentId": global_id("Comment", 5)}),
        ("LikeComment", {"commentId": global_id("Comment", 5)}),
    ):
        await ask(None, operation, expect="UNAUTHENTICATED", input=asked)
    assert await events(database) == []


async def test_a_comment_from_beginning_to_end(database: Database, ask: Ask) -> None:
    author, viewer, post_id = await scene(database)
    comment = await commented(ask, viewer, post_id)
    assert comment["text"] == "Well said."
    assert comment["author"]["username"] == "p2"
    assert comment["post"] == {"id": post_id, "commentCount": 1}
    for operation, number, changed in (("LikeComment", 1, True), ("LikeComment", 1, False)):
        told = payload(await ask(author, operation, input={"commentId": comment["id"]}))
        assert told["comment"] == {"id": comment["id"], "likeCount": number, "viewerHasLiked": True}
        assert told["changed"] is changed
    reply = await commented(ask, author, post_id, parentId=comment["id"])

    detail = (await ask(viewer, "PostDetail", id=post_id))["post"]
    assert detail["commentCount"] == 2
    (found,) = (edge["node"] for edge in detail["comments"]["edges"])
    assert (found["likeCount"], found["replyCount"], found["viewerHasLiked"]) == (1, 1, False)
    assert found["replies"]["edges"][0]["node"]["id"] == reply["id"]

    for changed in (True, False):
        told = payload(await ask(viewer, "DeleteComment", input={"commentId": comment["id"]}))
        assert told == {"deletedCommentId": comment["id"], "changed": changed, "errors": []}
    detail = (await ask(viewer, "PostDetail", id=post_id))["post"]
    assert detail["commentCount"] == 1
    (found,) = (edge["node"] for edge in detail["comments"]["edges"])
    assert (found["id"], found["text"], found["author"]) == (comment["id"], "", None)
    await assert_counts_are_exact(database)


async def test_a_comment_knows_where_it_stands(database: Database, ask: Ask) -> None:
    author, viewer, post_id = await scene(database)
    top = await commented(ask, viewer, post_id)
    reply = await commented(ask, author, post_id, parentId=top["id"])
    document = """query Comments($ids: [ID!]!) { nodes(ids: $ids) { ... on Comment {
      id isDeleted post { id } parent { id } } } }"""
    ids = [reply["id"], top["id"]]
    assert (await ask(None, document, ids=ids))["nodes"] == [
        {"id": ids[0], "isDeleted": False, "post": {"id": post_id}, "parent": {"id": ids[1]}},
        {"id": ids[1], "isDeleted": False, "post": {"id": post_id}, "parent": None},
    ]
    (stranger,) = await people(database, 1, first=3)
    await block(database, stranger, viewer)
    found = (await ask(stranger, document, ids=ids))["nodes"]
    assert found == [
        {"id": ids[0], "isDeleted": False, "post": {"id": post_id}, "parent": None},
        None,
    ]


async def test_a_key_that_comes_again(database: Database, ask: Ask) -> None:
    _, viewer, post_id = await scene(database)
    asked = {"postId": post_id, "text": " \nonce\r\n", "clientMutationId": "k"}
    first = payload(await ask(viewer, "CreateComment", input=asked))
    again = payload(await ask(viewer, "CreateComment", input=asked | {"text": "once"}))
    assert (first["replayed"], again["replayed"]) == (False, True)
    assert first["comment"] == again["comment"]
    other = payload(await ask(viewer, "CreateComment", input=asked | {"text": "twice"}))
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
async def test_a_comment_that_can_t_be(
    database: Database, ask: Ask, more: dict[str, str], *, code: str, field: str
) -> None:
    _, viewer, post_id = await scene(database)
    asked = {"postId": post_id, "text": "so", **more}
    told = payload(await ask(viewer, "CreateComment", input=asked))
    assert told["comment"] is None
    assert [(error["code"], error["path"]) for error in told["errors"]] == [
        (code, ["input", field])
    ]
    assert await events(database) == []
    await assert_counts_are_exact(database)


async def test_somebody_else_s_comment_stays(database: Database, ask: Ask) -> None:
    author, viewer, post_id = await scene(database)
    comment = await commented(ask, viewer, post_id)
    told = payload(await ask(author, "DeleteComment", input={"commentId": comment["id"]}))
    assert (told["deletedCommentId"], told["changed"]) == (None, False)
    assert [(error["code"], error["path"]) for error in told["errors"]] == [
        ("NOT_ALLOWED", ["input", "commentId"])
    ]
    told = payload(await ask(author, "DeleteComment", input={"commentId": "garbage"}))
    assert told["errors"][0]["code"] == "NOT_FOUND"
    assert len(await events(database)) == 1
