"""Subscribers who saw an object are notified of its deletion with an account, live and on resuming."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from core.database.database import Database
from core.ids import global_id
from tests.interactions.cast import accounts_erase, create_posts, hide_account
from tests.live.world import Api, Closed, Json, WebSocketClient, signed_in, websocket_client

DELETED_OTHERS = "INSERT INTO events (kind, actor_id) SELECT 'user_deleted', n FROM generate_series(1, $1::int) n"

WITH_ACTORS = """
fragment Actor on User { id username displayName }
subscription($postIds: [ID!]!, $after: String) {
  postInteractions(postIds: $postIds, after: $after) {
    __typename
    ... on PostUnliked { actor { ...Actor } }
    ... on PostUnshared { actor { ...Actor } }
    ... on CommentCreated { comment { text } }
    ... on CommentDeleted { deletedCommentId actor { ...Actor } }
    ... on PostDeleted { deletedPostId }
  }
}
"""


class Scene:
    """A user with a follower, who has posted, and has shared, liked and commented on another's post."""

    def __init__(self, api: Api, database: Database) -> None:
        self.api = api
        self.database = database

    async def make(self) -> None:
        self.deleted, self.viewer, self.author, self.third = await signed_in(self.database, 4)
        await self.api.change(self.viewer, "FollowUser", userId=self.deleted.id)
        (self.own,) = await create_posts(self.database, self.deleted.key)
        (self.post,) = await create_posts(self.database, self.author.key)
        post = global_id("Post", self.post)
        await self.api.change(self.deleted, "SharePost", postId=post)
        await self.api.change(self.deleted, "LikePost", postId=post)
        made = await self.api.change(self.deleted, "CreateComment", postId=post, text="A word.")
        self.comment = made["comment"]["id"]

    async def home(self) -> Any:
        return await self.api.do(self.viewer, "HomeFeed")

    async def delete(self) -> None:
        await hide_account(self.database, self.deleted.key)
        await accounts_erase(self.database)

    async def last(self) -> None:
        """Something that comes after all else to both subscriptions."""
        await self.api.change(self.viewer, "CreatePost", text="The last word.")
        await self.api.change(
            self.third, "CreateComment", postId=global_id("Post", self.post), text="The last word."
        )


@pytest.fixture
async def scene(api: Api, database: Database) -> Scene:
    made = Scene(api, database)
    await made.make()
    return made


async def until_the_last(watcher: WebSocketClient) -> list[Json]:
    """The events up to the one that comes last."""
    found: list[Json] = []
    while True:
        event = await watcher.event()
        if "The last word." in str(event):
            return found
        found.append(event)


def removed(events: list[Json]) -> list[str]:
    """The posts of entries that are removed when the account is erased, after all are hidden with it."""
    hidden, *erased = events
    assert hidden["__typename"] == "HomeFeedChanged"
    assert {event["__typename"] for event in erased} == {"FeedEntryRemoved"}
    return [event["postId"] for event in erased]


@pytest.mark.parametrize("resumes", [False, True])
async def test_home_feeds_are_notified_of_deleted_posts_and_shares(
    address: str, scene: Scene, resumes: bool
) -> None:
    page = await scene.home()
    both = {global_id("Post", scene.own), global_id("Post", scene.post)}
    assert {edge["node"]["id"] for edge in page["edges"]} == both
    if resumes:
        await scene.delete()
    async with websocket_client(address, scene.viewer.authorization) as home:
        await home.watch_home(after=page["eventCursor"])
        if not resumes:
            await scene.delete()
        await scene.last()
        found = removed(await until_the_last(home))
    assert sorted(found) == sorted(both)
    assert {edge["node"]["id"] for edge in (await scene.home())["edges"]}.isdisjoint(both)


async def test_a_viewer_who_did_not_follow_is_not_notified(address: str, scene: Scene) -> None:
    page = await scene.api.do(scene.third, "HomeFeed")
    await scene.delete()
    async with websocket_client(address, scene.third.authorization) as home:
        await home.watch_home(after=page["eventCursor"])
        await scene.api.change(scene.third, "CreatePost", text="The last word.")
        assert await until_the_last(home) == []


async def test_a_viewer_who_had_unfollowed_is_not_notified(address: str, scene: Scene) -> None:
    await scene.api.change(scene.viewer, "UnfollowUser", userId=scene.deleted.id)
    page = await scene.home()
    async with websocket_client(address, scene.viewer.authorization) as home:
        await home.watch_home(after=page["eventCursor"])
        await hide_account(scene.database, scene.deleted.key)
        await scene.api.change(scene.viewer, "CreatePost", text="The last word.")
        assert await until_the_last(home) == []


@pytest.mark.parametrize("others", [0, 30, 1_200])
@pytest.mark.parametrize("how", ["followed", "shared"])
async def test_a_resumed_feed_has_changed_however_many_were_deleted_since(
    address: str, scene: Scene, how: str, others: int
) -> None:
    """Of an account that the viewer follows, or has entries of by the share of another."""
    page = await scene.home()
    await hide_account(scene.database, scene.deleted.key if how == "followed" else scene.author.key)
    await scene.database.write(DELETED_OTHERS, others)
    async with websocket_client(address, scene.third.authorization) as live:
        # Once this is live, all before it is missed and not delivered live.
        await live.watch_home()
        await scene.api.change(scene.third, "CreatePost", text="The last word.")
        await until_the_last(live)
    async with websocket_client(address, scene.viewer.authorization) as home:
        await home.watch_home(after=page["eventCursor"])
        await scene.api.change(scene.viewer, "CreatePost", text="The last word.")
        found = await until_the_last(home)
    assert [event["__typename"] for event in found] == ["HomeFeedChanged"]


@pytest.mark.parametrize("resumes", [False, True])
@pytest.mark.parametrize("anonymous", [False, True])
async def test_posts_are_notified_of_deleted_likes_shares_and_comments(
    address: str, scene: Scene, resumes: bool, anonymous: bool
) -> None:
    page = await scene.home()
    if resumes:
        await scene.delete()
    token = None if anonymous else scene.viewer.authorization
    async with websocket_client(address, token) as watcher:
        posts = [global_id("Post", post) for post in (scene.post, scene.own)]
        await watcher.subscribe("1", WITH_ACTORS, postIds=posts, after=page["eventCursor"])
        await watcher.event()
        if not resumes:
            await scene.delete()
        await scene.last()
        found = await until_the_last(watcher)
    assert Counter(event["__typename"] for event in found) == Counter(
        ["PostUnliked", "PostUnshared", "CommentDeleted", "PostDeleted"]
    )
    by_type = {event["__typename"]: event for event in found}
    assert by_type["CommentDeleted"]["deletedCommentId"] == scene.comment
    assert by_type["PostDeleted"]["deletedPostId"] == global_id("Post", scene.own)
    deleted = {"id": scene.deleted.id, "username": "deleted", "displayName": "Deleted account"}
    for name in ("PostUnliked", "PostUnshared", "CommentDeleted"):
        assert by_type[name]["actor"] == deleted


async def test_earlier_events_of_a_deleted_account_are_not_replayed(
    address: str, scene: Scene
) -> None:
    """A like, a share, a comment and a post of an account that is hidden by the time they are replayed."""
    page = await scene.home()
    await scene.api.change(scene.deleted, "UnlikePost", postId=global_id("Post", scene.post))
    await scene.api.change(scene.deleted, "LikePost", postId=global_id("Post", scene.post))
    await scene.api.change(
        scene.deleted, "CreateComment", postId=global_id("Post", scene.post), text="No."
    )
    await scene.api.change(scene.deleted, "CreatePost", text="No.")
    await hide_account(scene.database, scene.deleted.key)
    await scene.last()
    async with websocket_client(address, scene.viewer.authorization) as watcher:
        await watcher.watch([scene.post], after=page["eventCursor"])
        found = await until_the_last(watcher)
        assert [event["__typename"] for event in found] == ["PostUnliked"]
    async with websocket_client(address, scene.viewer.authorization) as home:
        await home.watch_home(after=page["eventCursor"])
        found = await until_the_last(home)
        assert [event["__typename"] for event in found] == ["HomeFeedChanged"]


async def test_a_deleted_accounts_connections_end(address: str, scene: Scene) -> None:
    async with websocket_client(address, scene.deleted.authorization) as home:
        await home.watch_home()
        await hide_account(scene.database, scene.deleted.key)
        with pytest.raises(Closed) as closed:
            await home.event()
    assert closed.value.code == 4403
