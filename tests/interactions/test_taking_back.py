"""One's own comments, likes and shares, where a block hides what they are about."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest

from core.database.database import Database
from core.ids import global_id
from tests.interactions.cast import assert_counts_are_exact, block, events, people, posts_by
from tests.interactions.conftest import Ask

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
    """A blocker's post, what the blocked has done to it, and somebody who sees both."""

    blocker: int
    blocked: int
    third: int
    post: str
    comment: str
    theirs: str
    """A comment of the blocker's, which the blocked likes and replies to."""
    reply: str


def payload(data: dict[str, Any]) -> Any:
    (found,) = data.values()
    return found


@pytest.fixture(params=["by the author", "of the author"])
async def scene(database: Database, ask: Ask, request: pytest.FixtureRequest) -> Scene:
    author, actor, third = await people(database, 3)
    (key,) = await posts_by(database, author)
    post = global_id("Post", key)

    async def comment(viewer: int, **more: str) -> str:
        made = await ask(viewer, "CreateComment", input={"postId": post, "text": "so", **more})
        return str(payload(made)["comment"]["id"])

    own, theirs = await comment(actor), await comment(author)
    reply = await comment(actor, parentId=theirs)
    await ask(actor, "LikePost", input={"postId": post})
    await ask(actor, "SharePost", input={"postId": post})
    await ask(actor, "LikeComment", input={"commentId": theirs})
    pair = (author, actor) if request.param == "by the author" else (actor, author)
    await block(database, *pair)
    await database.write("TRUNCATE events")
    return Scene(author, actor, third, post, own, theirs, reply)


async def test_a_like_and_a_share_can_be_taken_back(
    database: Database, ask: Ask, scene: Scene
) -> None:
    for operation in ("UnlikePost", "UnsharePost"):
        undone = payload(await ask(scene.blocked, operation, input={"postId": scene.post}))
        assert (undone["post"], undone["changed"], undone["errors"]) == (None, True, [])
        again = payload(await ask(scene.blocked, operation, input={"postId": scene.post}))
        assert (again["post"], again["changed"]) == (None, False)
        assert [error["code"] for error in again["errors"]] == ["NOT_FOUND"]
    seen = (await ask(scene.third, COUNTS, id=scene.post))["post"]
    assert seen == {"likeCount": 0, "shareCount": 0, "commentCount": 3}
    assert [event[0] for event in await events(database)] == ["post_unliked", "post_unshared"]
    await assert_counts_are_exact(database)


async def test_a_like_of_a_comment_can_be_taken_back(
    database: Database, ask: Ask, scene: Scene
) -> None:
    asked = {"commentId": scene.theirs}
    undone = payload(await ask(scene.blocked, UNLIKE, input=asked))
    assert undone == {"comment": None, "changed": True, "errors": []}
    again = payload(await ask(scene.blocked, UNLIKE, input=asked))
    assert again == {"comment": None, "changed": False, "errors": [{"code": "NOT_FOUND"}]}
    assert [event[0] for event in await events(database)] == ["comment_unliked"]
    await assert_counts_are_exact(database)


async def test_comments_can_be_deleted(database: Database, ask: Ask, scene: Scene) -> None:
    for own in (scene.comment, scene.reply):
        gone = payload(await ask(scene.blocked, "DeleteComment", input={"commentId": own}))
        assert gone == {"deletedCommentId": own, "changed": True, "errors": []}
        assert (await ask(scene.third, COMMENT, id=own))["node"] is None
    assert (await ask(scene.third, COUNTS, id=scene.post))["post"]["commentCount"] == 1
    assert [event[0] for event in await events(database)] == ["comment_deleted"] * 2
    await assert_counts_are_exact(database)


async def test_comments_stay_visible_by_id_but_not_what_is_around_them(
    ask: Ask, scene: Scene
) -> None:
    for own in (scene.comment, scene.reply):
        seen = (await ask(scene.blocked, COMMENT, id=own))["node"]
        assert seen == {"text": "so", "post": None, "parent": None}


async def test_replies_of_others_under_one_s_own_comment_are_hidden_with_the_post(
    ask: Ask, scene: Scene
) -> None:
    asked = {"postId": scene.post, "text": "A reply.", "parentId": scene.comment}
    reply = payload(await ask(scene.third, "CreateComment", input=asked))["comment"]["id"]
    assert (await ask(scene.blocked, COMMENT, id=reply))["node"] is None
    seen = (await ask(scene.blocked, REPLIES, id=scene.comment))["node"]["replies"]
    assert seen == {"edges": [], "pageInfo": {"hasNextPage": False}}
    seen = (await ask(scene.third, REPLIES, id=scene.comment))["node"]["replies"]
    assert len(seen["edges"]) == 1


async def test_nothing_new_can_be_done(database: Database, ask: Ask, scene: Scene) -> None:
    for operation, asked in (
        ("LikePost", {"postId": scene.post}),
        ("SharePost", {"postId": scene.post}),
        ("LikeComment", {"commentId": scene.theirs}),
        ("LikeComment", {"commentId": scene.comment}),
        ("CreateComment", {"postId": scene.post, "text": "so"}),
        ("CreateComment", {"postId": scene.post, "parentId": scene.comment, "text": "so"}),
    ):
        refused = payload(await ask(scene.blocked, operation, input=asked))
        assert [error["code"] for error in refused["errors"]] == ["NOT_FOUND"]
    assert await events(database) == []
    await assert_counts_are_exact(database)
