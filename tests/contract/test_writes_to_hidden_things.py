"""Writes to hidden posts, comments and users are answered like those to missing ones, and change nothing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

import pytest

from core.accounts.profiles import profile_update
from core.context import Services
from core.database.database import Database
from core.ids import global_id
from feed.services import post_create
from interactions.services import comment_create
from tests.contract.test_every_write import all_rows
from tests.core.accounts.world import ApiClient
from tests.interactions.cast import block, create_users, hide_account, present

Json = dict[str, Any]
UNLIKE = """mutation U($input: UnlikeCommentInput!) { unlikeComment(input: $input) {
    comment { id } changed errors { code message path } } }"""


class Scene(NamedTuple):
    """A viewer, and what others have written: keys."""

    viewer: int
    host: int
    commenter: int
    post: int
    comment: int
    """By the commenter, on the host's post."""
    own_comment: int
    """By the viewer, on the host's post."""


Hide = Callable[[Database, Scene], Awaitable[object]]
Writes = Callable[[Scene, int], list[tuple[str, Json]]]
"""Names of mutations that write to what has this key, each with its input."""


async def go_private(database: Database, scene: Scene) -> None:
    await profile_update(database, viewer_id=scene.host, is_private=True)


HIDE_POST: dict[str, Hide] = {
    "the viewer blocks the host": lambda database, scene: block(database, scene.viewer, scene.host),
    "the host blocks the viewer": lambda database, scene: block(database, scene.host, scene.viewer),
    "the host's account is deleted": lambda database, scene: hide_account(database, scene.host),
    "the host's account is private": go_private,
}
HIDE_COMMENT: dict[str, Hide] = {
    "the viewer blocks the commenter": lambda database, scene: block(
        database, scene.viewer, scene.commenter
    ),
    "the commenter blocks the viewer": lambda database, scene: block(
        database, scene.commenter, scene.viewer
    ),
    "the commenter's account is deleted": lambda database, scene: hide_account(
        database, scene.commenter
    ),
}


@pytest.fixture
async def scene(database: Database) -> Scene:
    viewer, host, commenter = await create_users(database, 3)
    post = present((await post_create(database, author_id=host, text="A post.")).post).id
    theirs, own = [
        present(
            (await comment_create(database, author_id=author, post_id=post, text="So.")).comment
        ).id
        for author in (commenter, viewer)
    ]
    return Scene(viewer, host, commenter, post, theirs, own)


def writes_to_post(scene: Scene, key: int) -> list[tuple[str, Json]]:
    """Each write to a post, with its input."""
    post = global_id("Post", key)
    return [
        *((f"{verb}Post", {"postId": post}) for verb in ("Like", "Share", "Bookmark", "Pin")),
        *((f"{verb}Post", {"postId": post}) for verb in ("Unlike", "Unshare", "Unbookmark")),
        ("EditPost", {"postId": post, "text": "Mine now."}),
        ("DeletePost", {"postId": post}),
        ("CreateRichPost", {"text": "Look!", "quotedPostId": post}),
        ("CreateComment", {"postId": post, "text": "Hello?"}),
        ("ReportContent", {"subjectId": post, "reason": "SPAM"}),
    ]


def writes_to_user(_: Scene, key: int) -> list[tuple[str, Json]]:
    """Each write to a user, with its input, but for blocks, which answer each other."""
    user = {"userId": global_id("User", key)}
    return [
        *((f"{verb}User", user) for verb in ("Follow", "Unfollow", "Mute", "Unmute", "Unblock")),
        *(
            (name, user)
            for name in ("RemoveFollower", "AcceptFollowRequest", "RejectFollowRequest")
        ),
        ("ReportContent", {"subjectId": user["userId"], "reason": "SPAM"}),
    ]


def all_writes_to_user(scene: Scene, key: int) -> list[tuple[str, Json]]:
    return [*writes_to_user(scene, key), ("BlockUser", {"userId": global_id("User", key)})]


def writes_that_need_more_than_a_name(scene: Scene, key: int) -> list[tuple[str, Json]]:
    """Those of them that are refused to who blocks the user, and still sees the name."""
    names = {"UnblockUser", "ReportContent"}
    return [write for write in writes_to_user(scene, key) if write[0] not in names]


def writes_to_comment(scene: Scene, key: int) -> list[tuple[str, Json]]:
    """Each write to a comment of another user, with its input."""
    comment = global_id("Comment", key)
    reply = {"postId": global_id("Post", scene.post), "parentId": comment, "text": "Hello?"}
    return [
        *((name, {"commentId": comment}) for name in ("LikeComment", UNLIKE, "DeleteComment")),
        ("EditComment", {"commentId": comment, "text": "Mine now."}),
        ("CreateComment", reply),
        ("ReportContent", {"subjectId": comment, "reason": "SPAM"}),
    ]


async def assert_like_missing(services: Services, scene: Scene, writes: Writes, key: int) -> None:
    """Writes to the post, comment or user of this key, and to one that never existed, differ in nothing but the id."""
    client = ApiClient(services, scene.viewer)
    before = await all_rows(services.database)
    for (name, values), (_, missing) in zip(
        writes(scene, key), writes(scene, key + 1_000_000), strict=True
    ):
        payloads = [await client.do(name, **each) for each in (values, missing)]
        for payload in payloads:
            payload.pop("deletedPostId", None)
            payload.pop("deletedCommentId", None)
        assert payloads[0] == payloads[1], name
        assert payloads[1]["errors"] or payloads[1]["changed"] is False, name
    assert await all_rows(services.database) == before


@pytest.mark.parametrize("hide", HIDE_POST.values(), ids=HIDE_POST)
async def test_writes_to_a_hidden_post(services: Services, scene: Scene, hide: Hide) -> None:
    await hide(services.database, scene)
    await assert_like_missing(services, scene, writes_to_post, scene.post)


@pytest.mark.parametrize(
    "hide", [*HIDE_POST.values(), *HIDE_COMMENT.values()], ids=[*HIDE_POST, *HIDE_COMMENT]
)
async def test_writes_to_a_hidden_comment(services: Services, scene: Scene, hide: Hide) -> None:
    await hide(services.database, scene)
    await assert_like_missing(services, scene, writes_to_comment, scene.comment)


@pytest.mark.parametrize("hide", HIDE_POST.values(), ids=HIDE_POST)
async def test_ones_own_comment_on_a_hidden_post_is_not_edited(
    services: Services, scene: Scene, hide: Hide
) -> None:
    """Deleting it is another matter: it can always be taken back."""
    await hide(services.database, scene)

    def edits(_: Scene, key: int) -> list[tuple[str, Json]]:
        return [("EditComment", {"commentId": global_id("Comment", key), "text": "Changed."})]

    await assert_like_missing(services, scene, edits, scene.own_comment)


@pytest.mark.parametrize("why", ["is blocked", "blocks", "deleted"])
async def test_writes_to_a_hidden_user(services: Services, scene: Scene, why: str) -> None:
    writes: Writes = writes_to_user
    if why == "deleted":
        await hide_account(services.database, scene.host)
        writes = all_writes_to_user
    elif why == "is blocked":
        await block(services.database, scene.host, scene.viewer)
    else:
        await block(services.database, scene.viewer, scene.host)
        writes = writes_that_need_more_than_a_name
    await assert_like_missing(services, scene, writes, scene.host)
