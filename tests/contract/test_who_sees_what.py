"""Blocks hide both ways, mutes one way and in feeds only: every surface, for every kind of viewer."""

from __future__ import annotations

from collections.abc import AsyncIterator
from inspect import isawaitable
from typing import Any

import pytest

from core.context import Context, Services
from core.errors import ClientError
from core.ids import global_id
from tests.contract.world import EXECUTOR, VIEWERS, Json, World, ids
from tests.interactions.cast import hide_account
from tests.interactions.reactions import comment_like
from tests.live.world import operation
from tests.valid_documents import valid_document

FEEDS = ["public feed", "trending feed", "home feed", "shared in home feed", "sharer in home feed"]
ON_PURPOSE = [
    "shared in profile",
    "profile",
    "profile's posts",
    "post",
    "user as node",
    "post as node",
    "comment as node",
    "comment on the target's post as node",
    "among nodes",
    "comments",
    "replies",
    "likers",
    "sharers",
    "followers",
    "following",
]


@pytest.fixture
async def world(services: Services) -> AsyncIterator[World]:
    created = World(services)
    await created.create()
    yield created
    await services.group_commits.close()


def expected(viewer: str) -> dict[str, bool]:
    feeds = FEEDS[:2] if viewer == "anonymous" else FEEDS
    hidden = viewer in {"blocker", "blocked"}
    # The blocker sees the name, to undo the block.
    names = dict.fromkeys(["profile", "user as node"], viewer != "blocked")
    return (
        dict.fromkeys(feeds, not hidden and viewer != "muter")
        | dict.fromkeys(ON_PURPOSE, not hidden)
        | names
    )


@pytest.mark.parametrize("viewer", VIEWERS)
async def test_each_viewer_finds_the_target_on_the_expected_surfaces(
    world: World, viewer: str
) -> None:
    assert await world.found(viewer) == expected(viewer)


@pytest.mark.parametrize("viewer", VIEWERS)
async def test_a_deleted_account_is_hidden_everywhere_at_once(world: World, viewer: str) -> None:
    await hide_account(world.database, world.key["target"])
    found = await world.found(viewer)
    assert [surface for surface, is_found in found.items() if is_found] == []


@pytest.mark.parametrize("viewer", ["target", "blocker", "blocked", "muter", "muted"])
async def test_users_always_see_their_own_posts(world: World, viewer: str) -> None:
    own = await world.post(viewer)
    seen = await world.ask(
        viewer,
        "query Own($id: ID!) { post(id: $id) { id } publicFeed(first: 1) { edges { node { id } } } "
        "homeFeed(first: 1) { edges { node { id } } } }",
        id=global_id("Post", own),
    )
    assert seen["post"] == {"id": global_id("Post", own)}
    assert ids(seen["publicFeed"]) == ids(seen["homeFeed"]) == [global_id("Post", own)]


async def test_counts_are_the_same_for_every_viewer(world: World) -> None:
    counts = []
    for viewer in VIEWERS:
        seen = await world.look(viewer)
        counts.append(
            [seen["hosts"][name] for name in ("likeCount", "shareCount", "commentCount")]
            + [seen["host"][name] for name in ("followerCount", "followingCount", "postCount")]
        )
    assert counts == [[1, 1, 3, 6, 1, 1]] * len(VIEWERS)


WRITES = pytest.mark.parametrize(
    ("name", "values"),
    [
        ("LikePost", {"postId": "post"}),
        ("UnlikePost", {"postId": "post"}),
        ("SharePost", {"postId": "post"}),
        ("UnsharePost", {"postId": "post"}),
        ("CreateComment", {"postId": "post", "text": "Hello?"}),
        ("CreateComment", {"postId": "hosts", "parentId": "comment", "text": "Hello?"}),
        ("LikeComment", {"commentId": "comment"}),
        ("LikeComment", {"commentId": "under"}),
        ("FollowUser", {"userId": "user"}),
        ("UnfollowUser", {"userId": "user"}),
        ("MuteUser", {"userId": "user"}),
        ("EditPost", {"postId": "post", "text": "Mine now."}),
    ],
)


@pytest.mark.parametrize("viewer", ["blocker", "blocked"])
@WRITES
async def test_writes_to_hidden_objects_are_not_found(
    world: World, viewer: str, name: str, values: Json
) -> None:
    await assert_not_found(world, viewer, name, values)


@WRITES
async def test_writes_to_objects_of_a_deleted_account_are_not_found(
    world: World, name: str, values: Json
) -> None:
    await hide_account(world.database, world.key["target"])
    await assert_not_found(world, "third" if name != "UnfollowUser" else "blocker", name, values)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("CreatePost", {"text": "Ghost."}),
        ("EditPost", {"postId": "post", "text": "Ghost."}),
        ("DeletePost", {"postId": "post"}),
        ("LikePost", {"postId": "thirds"}),
        ("UnlikePost", {"postId": "hosts"}),
        ("SharePost", {"postId": "thirds"}),
        ("UnsharePost", {"postId": "hosts"}),
        ("CreateComment", {"postId": "thirds", "text": "Ghost."}),
        ("CreateComment", {"postId": "hosts", "parentId": "root", "text": "Ghost."}),
        ("DeleteComment", {"commentId": "comment"}),
        ("EditComment", {"commentId": "comment", "text": "Ghost."}),
        ("LikeComment", {"commentId": "root"}),
        ("BookmarkPost", {"postId": "thirds"}),
        ("PinPost", {"postId": "post"}),
        ("ReportContent", {"subjectId": "thirds", "reason": "SPAM"}),
        ("ReportContent", {"subjectId": "root", "reason": "SPAM"}),
        ("ReportContent", {"subjectId": "stranger", "reason": "SPAM"}),
        ("UpdateProfile", {"displayName": "Ghost"}),
        ("FollowUser", {"userId": "stranger"}),
        ("UnfollowUser", {"userId": "host"}),
        ("MuteUser", {"userId": "stranger"}),
        ("BlockUser", {"userId": "stranger"}),
        ("AcceptFollowRequest", {"userId": "stranger"}),
        ("RejectFollowRequest", {"userId": "stranger"}),
        ("RemoveFollower", {"userId": "third"}),
        ("StartUpload", {"contentType": "image/png", "byteSize": 100}),
    ],
)
async def test_a_deleted_account_can_not_write(world: World, name: str, values: Json) -> None:
    """Access tokens remain valid for some minutes after the account is deleted."""
    [[root]] = await world.database.fetch("SELECT id FROM comments WHERE reply_count = 1")
    named = {
        "post": global_id("Post", world.things.post),
        "hosts": global_id("Post", world.things.hosts_post),
        "thirds": global_id("Post", await world.post("third")),
        "root": global_id("Comment", root),
        "comment": global_id("Comment", world.things.comment),
        "stranger": global_id("User", world.key["stranger"]),
        "host": global_id("User", world.key["host"]),
        "third": global_id("User", world.key["third"]),
    }
    await world.database.write(
        "INSERT INTO follow_requests (requester_id, target_id) VALUES ($1, $2)",
        *(world.key["stranger"], world.key["target"]),
    )
    await hide_account(world.database, world.key["target"])
    before = await world.rows()
    input_values = {field: named.get(value, value) for field, value in values.items()}
    context = Context(world.services, viewer_id=world.key["target"])
    result: Any = EXECUTOR.execute(
        valid_document(name), variables={"input": input_values}, context=context
    )
    if isawaitable(result):
        result = await result
    if result.errors:
        [error] = result.errors
        assert isinstance(error.original_error, ClientError)
        assert error.original_error.code == "UNAUTHENTICATED"
    else:
        [payload] = result.data.values()
        assert [e["code"] for e in payload["errors"]] in (["NOT_FOUND"], [])
        assert not payload.get("changed", False)
    assert await world.rows() == before


async def assert_not_found(world: World, viewer: str, name: str, values: Json) -> None:
    """The write is refused as for a missing object, and changes nothing."""
    things = world.things
    named = {
        "post": global_id("Post", things.post),
        "hosts": global_id("Post", things.hosts_post),
        "user": global_id("User", world.key["target"]),
        "comment": global_id("Comment", things.comment),
        "under": global_id("Comment", things.under),
    }
    before = await world.rows()
    input_values = {field: named.get(value, value) for field, value in values.items()}
    [payload] = (await world.ask(viewer, operation(name), input=input_values)).values()
    path = next(reversed([field for field in values if field.endswith("Id")]))
    assert [(e["code"], e["path"]) for e in payload["errors"]] == [("NOT_FOUND", ["input", path])]
    assert await world.rows() == before


@pytest.mark.parametrize("name", ["DeletePost", "DeleteComment"])
@pytest.mark.parametrize("viewer", ["blocker", "blocked", "muter", "third"])
async def test_objects_of_other_users_can_not_be_deleted(
    world: World, viewer: str, name: str
) -> None:
    things = world.things
    values = (
        {"postId": global_id("Post", things.post)}
        if name == "DeletePost"
        else {"commentId": global_id("Comment", things.comment)}
    )
    before = await world.rows()
    [payload] = (await world.ask(viewer, operation(name), input=values)).values()
    assert payload["changed"] is False
    assert [e["code"] for e in payload["errors"]] == (
        [] if viewer.startswith("block") else ["NOT_ALLOWED"]
    )
    assert await world.rows() == before


async def test_unblocking_restores_all_but_follows(world: World) -> None:
    await world.database.write("DELETE FROM blocks")
    for viewer in ("blocker", "blocked"):
        found = await world.found(viewer)
        assert [surface for surface, is_found in found.items() if not is_found] == [
            "home feed",
            "sharer in home feed",
        ]


async def test_a_like_by_a_hidden_user_counts(world: World) -> None:
    root = (await world.database.fetch("SELECT id FROM comments WHERE reply_count = 1"))[0][0]
    await comment_like(world.services.group_commits, viewer_id=world.key["target"], target_id=root)
    query = "query C($id: ID!) { node(id: $id) { ... on Comment { likeCount replyCount } } }"
    for viewer in VIEWERS:
        seen = await world.ask(viewer, query, id=global_id("Comment", root))
        assert seen["node"] == {"likeCount": 1, "replyCount": 1}
