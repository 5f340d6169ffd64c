"""Users can undo their comments, likes and shares on posts that a block hides."""

from __future__ import annotations

from typing import Any, NamedTuple

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

COUNTS = "query P($id: ID!) { post(id: $id) { likeCount shareCount commentCount } }"
COMMENT = (
    "query C($id: ID!) { node(id: $id) { ... on Comment { text post { text } parent { text } } } }"
)

UNLIKE = """
mutation Unlike($input: UnlikeCommentInput!) {
  unlikeComment(input: $input) { comment { text } changed errors { code } }
}
"""
REPLIES = """
query Replies($id: ID!) {
  node(id: $id) { ... on Comment { replies { edges { node { text } } pageInfo { hasNextPage } } } }
}
"""


class Scene(NamedTuple):
    """A post, the comments, like and share of a user whom a block separates from it, and a third user."""

    author: int
    actor: int
    third: int
    post: str
    comment: str
    author_comment: str
    """A comment by the post's author, which the actor likes and replies to."""
    reply: str


def payload(data: dict[str, Any]) -> Any:
    (found,) = data.values()
    return found


@pytest.fixture(params=["by the author", "of the author"])
async def scene(database: Database, execute: Execute, request: pytest.FixtureRequest) -> Scene:
    author, actor, third = await create_users(database, 3)
    (key,) = await create_posts(database, author)
    post = global_id("Post", key)

    async def comment(viewer: int, **more: str) -> str:
        created = await execute(
            viewer, "CreateComment", input={"postId": post, "text": "so", **more}
        )
        return str(payload(created)["comment"]["id"])

    own, author_comment = await comment(actor), await comment(author)
    reply = await comment(actor, parentId=author_comment)
    await execute(actor, "LikePost", input={"postId": post})
    await execute(actor, "SharePost", input={"postId": post})
    await execute(actor, "LikeComment", input={"commentId": author_comment})
    pair = (author, actor) if request.param == "by the author" else (actor, author)
    await block(database, *pair)
    await database.write("DELETE FROM events")
    return Scene(author, actor, third, post, own, author_comment, reply)


async def test_likes_and_shares_of_hidden_posts_can_be_removed(
    database: Database, execute: Execute, scene: Scene
) -> None:
    for operation in ("UnlikePost", "UnsharePost"):
        undone = payload(await execute(scene.actor, operation, input={"postId": scene.post}))
        assert (undone["post"], undone["changed"], undone["errors"]) == (None, True, [])
        again = payload(await execute(scene.actor, operation, input={"postId": scene.post}))
        assert (again["post"], again["changed"]) == (None, False)
        assert [error["code"] for error in again["errors"]] == ["NOT_FOUND"]
    seen = (await execute(scene.third, COUNTS, id=scene.post))["post"]
    assert seen == {"likeCount": 0, "shareCount": 0, "commentCount": 3}
    assert [event[0] for event in await events(database)] == ["post_unliked", "post_unshared"]
    await assert_counts_are_exact(database)


async def test_likes_of_hidden_comments_can_be_removed(
    database: Database, execute: Execute, scene: Scene
) -> None:
    values = {"commentId": scene.author_comment}
    undone = payload(await execute(scene.actor, UNLIKE, input=values))
    assert undone == {"comment": None, "changed": True, "errors": []}
    again = payload(await execute(scene.actor, UNLIKE, input=values))
    assert again == {"comment": None, "changed": False, "errors": [{"code": "NOT_FOUND"}]}
    assert [event[0] for event in await events(database)] == ["comment_unliked"]
    await assert_counts_are_exact(database)


async def test_comments_on_hidden_posts_can_be_deleted(
    database: Database, execute: Execute, scene: Scene
) -> None:
    for own in (scene.comment, scene.reply):
        deleted = payload(await execute(scene.actor, "DeleteComment", input={"commentId": own}))
        assert deleted == {"deletedCommentId": own, "changed": True, "errors": []}
        assert (await execute(scene.third, COMMENT, id=own))["node"] is None
    assert (await execute(scene.third, COUNTS, id=scene.post))["post"]["commentCount"] == 1
    assert [event[0] for event in await events(database)] == ["comment_deleted"] * 2
    await assert_counts_are_exact(database)


async def test_own_comments_are_visible_by_id_without_post_and_parent(
    execute: Execute, scene: Scene
) -> None:
    for own in (scene.comment, scene.reply):
        seen = (await execute(scene.actor, COMMENT, id=own))["node"]
        assert seen == {"text": "so", "post": None, "parent": None}


async def test_replies_of_others_are_hidden_with_the_post(execute: Execute, scene: Scene) -> None:
    values = {"postId": scene.post, "text": "A reply.", "parentId": scene.comment}
    reply = payload(await execute(scene.third, "CreateComment", input=values))["comment"]["id"]
    assert (await execute(scene.actor, COMMENT, id=reply))["node"] is None
    seen = (await execute(scene.actor, REPLIES, id=scene.comment))["node"]["replies"]
    assert seen == {"edges": [], "pageInfo": {"hasNextPage": False}}
    seen = (await execute(scene.third, REPLIES, id=scene.comment))["node"]["replies"]
    assert len(seen["edges"]) == 1


async def test_new_writes_are_not_found(database: Database, execute: Execute, scene: Scene) -> None:
    for operation, values in (
        ("LikePost", {"postId": scene.post}),
        ("SharePost", {"postId": scene.post}),
        ("LikeComment", {"commentId": scene.author_comment}),
        ("LikeComment", {"commentId": scene.comment}),
        ("CreateComment", {"postId": scene.post, "text": "so"}),
        ("CreateComment", {"postId": scene.post, "parentId": scene.comment, "text": "so"}),
    ):
        refused = payload(await execute(scene.actor, operation, input=values))
        assert [error["code"] for error in refused["errors"]] == ["NOT_FOUND"]
    assert await events(database) == []
    await assert_counts_are_exact(database)
