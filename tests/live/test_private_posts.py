"""Events of posts that are not public reach those who may see the post, live and from a cursor."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest
from django.db import connection
from pytest_django.plugin import DjangoDbBlocker

from core.database.database import Database
from core.database.django_bridge import retry_on_deadlock
from core.ids import key_of
from feed.models import Post
from feed.moderation import posts_delete
from tests.interactions.cast import account_closed, account_restored, delete_account
from tests.live.world import (
    Api,
    Json,
    SignedInUser,
    WebSocketClient,
    signed_in,
    websocket_client,
)

CAST = ("author", "follower", "mentioned", "stranger", "requester", "blocked", "host")
WATCHERS = (*CAST[:6], "anonymous")
READERS = {
    "PUBLIC": {"author", "follower", "mentioned", "stranger", "requester", "anonymous"},
    "FOLLOWERS": {"author", "follower"},
    "MENTIONED": {"author", "mentioned"},
}
Cast = dict[str, SignedInUser]


@pytest.fixture
async def cast(database: Database, api: Api) -> Cast:
    found = dict(zip(CAST, await signed_in(database, len(CAST)), strict=True))
    author = found["author"]
    for name in ("follower", "host"):
        await api.change(found[name], "FollowUser", userId=author.id)
    for name in ("follower", "mentioned", "stranger", "requester", "blocked"):
        await api.change(found[name], "FollowUser", userId=found["host"].id)
    await api.change(author, "BlockUser", userId=found["blocked"].id)
    return found


async def write(api: Api, cast: Cast, **values: Any) -> str:
    """A post by the author that mentions the third user."""
    payload = await api.change(cast["author"], "CreatePost", text="For @p3.", **values)
    return str(payload["post"]["id"])


async def go_private(api: Api, user: SignedInUser, *, is_private: bool = True) -> None:
    await api.change(user, "UpdateProfile", isPrivate=is_private)


WATCHED = """subscription($ids: [ID!]!, $after: String) { postInteractions(postIds: $ids, after: $after) {
    __typename cursor ... on PostDeleted { deletedPostId }
    ... on CommentCreated { comment { text } post { id visibility } }
    ... on PostEdited { post { id visibility } } } }"""


async def watch(
    client: WebSocketClient, posts: list[str], after: str | None = None, *, id: str = "1"
) -> Json:
    await client.subscribe(id, WATCHED, ids=posts, after=after)
    return await client.event()


async def events_until_marked(client: WebSocketClient) -> AsyncIterator[Json]:
    """The events before the last word on the marker."""
    while True:
        event = await client.event()
        if event["__typename"] == "CommentCreated" and event["comment"]["text"] == "The end.":
            return
        yield event


async def until_marked(client: WebSocketClient) -> list[str]:
    """The kinds of the events before the last word on the marker."""
    return [event["__typename"] async for event in events_until_marked(client)]


@pytest.mark.parametrize("is_private", [False, True])
@pytest.mark.parametrize("visibility", READERS)
async def test_a_post_s_events_reach_its_readers_alone(
    address: str, api: Api, cast: Cast, visibility: str, is_private: bool
) -> None:
    readers = READERS["FOLLOWERS" if is_private and visibility == "PUBLIC" else visibility]
    author = cast["author"]
    secret = await write(api, cast, visibility=visibility)
    marker = (await api.change(cast["host"], "CreatePost", text="Here."))["post"]["id"]
    if is_private:
        await go_private(api, author)
        await api.change(cast["requester"], "FollowUser", userId=author.id)
    async with AsyncExitStack() as stack:
        clients, cursors = {}, {}
        for name in WATCHERS:
            authorization = cast[name].authorization if name in cast else None
            client = await stack.enter_async_context(websocket_client(address, authorization))
            cursors[name] = (await watch(client, [secret, marker]))["cursor"]
            clients[name] = client
        comment = await api.change(author, "CreateComment", postId=secret, text="Hear.")
        await api.change(author, "LikePost", postId=secret)
        await api.change(author, "EditPost", postId=secret, text="For @p3, still.")
        await api.change(author, "DeleteComment", commentId=comment["comment"]["id"])
        await api.change(cast["host"], "CreateComment", postId=marker, text="The end.")
        expected = ["CommentCreated", "PostLiked", "PostEdited", "CommentDeleted"]
        for name, client in clients.items():
            # A comment that is deleted before its delivery is not delivered.
            seen = [kind for kind in await until_marked(client) if kind != "CommentCreated"]
            assert seen == (expected[1:] if name in readers else []), name
        await api.change(author, "DeletePost", postId=secret)
        await api.change(cast["host"], "CreateComment", postId=marker, text="The end.")
        for name, client in clients.items():
            expected = ["PostDeleted"] if name in readers else []
            assert await until_marked(client) == expected, name
    for name, cursor in cursors.items():
        authorization = cast[name].authorization if name in cast else None
        async with websocket_client(address, authorization) as client:
            await watch(client, [secret, marker], after=cursor)
            replayed = await until_marked(client) + await until_marked(client)
            assert replayed == (["PostDeleted"] if name in readers else []), name


@pytest.mark.parametrize("resumes", [False, True])
@pytest.mark.parametrize("how", ["by its author", "by a moderator", "with the account"])
async def test_whom_a_post_mentions_receives_its_deletion(
    address: str,
    api: Api,
    database: Database,
    cast: Cast,
    django_db_blocker: DjangoDbBlocker,
    how: str,
    resumes: bool,
) -> None:
    """And not that of another post, which is deleted with it and does not mention them."""
    author = cast["author"]
    secret = await write(api, cast, visibility="MENTIONED")
    values = {"text": "For @p4.", "visibility": "MENTIONED"}
    other = str((await api.change(author, "CreatePost", **values))["post"]["id"])
    marker = (await api.change(cast["host"], "CreatePost", text="Here."))["post"]["id"]
    watched = ("mentioned", "stranger", "follower", "requester", "blocked")

    async def delete() -> None:
        if how == "by its author":
            for post in (secret, other):
                await api.change(author, "DeletePost", postId=post)
        elif how == "by a moderator":
            with django_db_blocker.unblock():
                await asyncio.to_thread(moderate, [secret, other])
        else:
            await delete_account(database, author.key)
        await api.change(cast["host"], "CreateComment", postId=marker, text="The end.")

    async with AsyncExitStack() as stack:
        found: dict[str, list[str]] = {}
        clients = {}
        for name in watched:
            opened = websocket_client(address, cast[name].authorization)
            clients[name] = await stack.enter_async_context(opened)
            ready = await watch(clients[name], [secret, other, marker])
            cursor = ready["cursor"]
        if not resumes:
            await delete()
        else:
            for client in clients.values():
                await client.send(type="complete", id="1")
            await delete()
            for client in clients.values():
                await watch(client, [secret, other, marker], after=cursor, id="2")
        for name, client in clients.items():
            found[name] = [
                event["deletedPostId"]
                async for event in events_until_marked(client)
                if event["__typename"] == "PostDeleted"
            ]
    assert found == {
        "mentioned": [secret],
        "stranger": [other],
        "follower": [],
        "requester": [],
        "blocked": [],
    }


def moderate(posts: Sequence[str]) -> None:
    """Deletes posts in one transaction, as the admin does."""
    keys = [key_of("Post", post) or 0 for post in posts]
    try:
        retry_on_deadlock(lambda: posts_delete(Post.objects.filter(pk__in=keys)))
    finally:
        connection.close()


async def test_a_watched_post_that_becomes_private_is_silent_at_once(
    address: str, api: Api, cast: Cast
) -> None:
    secret = await write(api, cast)
    async with (
        websocket_client(address) as anybody,
        websocket_client(address, cast["follower"].authorization) as follower,
    ):
        for client in (anybody, follower):
            await watch(client, [secret])
        await api.change(cast["author"], "EditPost", postId=secret, text="Once.")
        for client in (anybody, follower):
            assert (await client.event())["post"]["visibility"] == "PUBLIC"
        await go_private(api, cast["author"])
        await api.change(cast["author"], "EditPost", postId=secret, text="Twice.")
        assert (await follower.event())["post"]["visibility"] == "FOLLOWERS"
        await go_private(api, cast["author"], is_private=False)
        await api.change(cast["author"], "EditPost", postId=secret, text="Thrice.")
        assert (await anybody.event())["post"]["visibility"] == "PUBLIC"
        assert (await follower.event())["post"]["visibility"] == "PUBLIC"


async def home_events(client: WebSocketClient) -> list[tuple[str, str]]:
    """What was added to a home feed and removed from it, before the last word."""
    found: list[tuple[str, str]] = []
    while True:
        event = await client.event()
        if event["__typename"] == "FeedEntryAdded":
            node = event["edge"]["node"]
            if node["text"] == "The end.":
                return found
            found.append(("added", node["id"]))
        else:
            found.append((event["__typename"], event.get("postId", "")))


@pytest.mark.parametrize("is_private", [False, True])
async def test_home_feeds_receive_what_their_readers_may_see(
    address: str, api: Api, cast: Cast, is_private: bool
) -> None:
    author = cast["author"]
    await api.change(cast["mentioned"], "FollowUser", userId=author.id)
    if is_private:
        await go_private(api, author)
    cursors = {}
    posts: dict[str, str] = {}
    async with AsyncExitStack() as stack:
        clients = {}
        for name in ("follower", "mentioned", "stranger", "blocked"):
            client = await stack.enter_async_context(
                websocket_client(address, cast[name].authorization)
            )
            cursors[name] = (await client.watch_home())["cursor"]
            clients[name] = client
        for visibility in ("FOLLOWERS", "MENTIONED"):
            posts[visibility] = await write(api, cast, visibility=visibility)
        # A share of a post that is not public would be refused; its author may share it.
        await api.change(author, "SharePost", postId=posts["FOLLOWERS"])
        await api.change(author, "DeletePost", postId=posts["FOLLOWERS"])
        await api.change(author, "DeletePost", postId=posts["MENTIONED"])
        await api.change(cast["host"], "CreatePost", text="The end.")
        live = {name: await home_events(client) for name, client in clients.items()}
    assert live["stranger"] == live["blocked"] == []
    for name in ("follower", "mentioned"):
        # Posts that are deleted before their delivery are not delivered.
        assert ("FeedEntryRemoved", posts["FOLLOWERS"]) in live[name]
        assert ("FeedEntryRemoved", posts["MENTIONED"]) not in live[name]
    assert ("added", posts["MENTIONED"]) not in live["follower"]
    removed = ("FeedEntryRemoved", posts["FOLLOWERS"])
    # Of a post for whom it mentions, the feed as a whole has changed.
    expected = {"follower": [removed], "mentioned": [removed, ("HomeFeedChanged", "")]}
    for name, cursor in cursors.items():
        async with websocket_client(address, cast[name].authorization) as client:
            await client.watch_home(after=cursor)
            replayed = list(dict.fromkeys(await home_events(client)))
            assert replayed == expected.get(name, []), name


async def test_entries_for_followers_and_mentioned_are_added(
    address: str, api: Api, cast: Cast
) -> None:
    await api.change(cast["mentioned"], "FollowUser", userId=cast["author"].id)
    async with (
        websocket_client(address, cast["follower"].authorization) as follower,
        websocket_client(address, cast["mentioned"].authorization) as mentioned,
    ):
        await follower.watch_home()
        await mentioned.watch_home()
        first = await write(api, cast, visibility="FOLLOWERS")
        second = await write(api, cast, visibility="MENTIONED")
        await api.change(cast["host"], "CreatePost", text="The end.")
        assert await home_events(follower) == [("added", first)]
        assert await home_events(mentioned) == [("added", first), ("added", second)]


async def test_acceptance_and_removal_change_the_home_feed_on_all_devices(
    address: str, api: Api, cast: Cast
) -> None:
    author, reader = cast["author"], cast["requester"]
    post = await write(api, cast)
    await go_private(api, author)
    await api.change(reader, "FollowUser", userId=author.id)

    async def in_feed() -> bool:
        page = await api.do(reader, "HomeFeed")
        return post in [edge["node"]["id"] for edge in page["edges"]]

    assert not await in_feed()
    async with (
        websocket_client(address, reader.authorization) as phone,
        websocket_client(address, reader.authorization) as laptop,
    ):
        for device in (phone, laptop):
            await device.watch_home()
        for change, expected in (("AcceptFollowRequest", True), ("RemoveFollower", False)):
            await api.change(author, change, userId=reader.id)
            for device in (phone, laptop):
                assert (await device.event())["__typename"] == "HomeFeedChanged"
            assert await in_feed() is expected


@asynccontextmanager
async def home_watched(
    address: str, api: Api, cast: Cast, names: Sequence[str], *, resumes: bool
) -> AsyncIterator[dict[str, list[tuple[str, str]]]]:
    """What each of these hears in the home feed of what is done inside. `resumes`: by subscriptions made afterwards."""
    seen: dict[str, list[tuple[str, str]]] = {}
    cursors = {name: (await api.do(cast[name], "HomeFeed"))["eventCursor"] for name in names}
    async with AsyncExitStack() as stack:
        if resumes:
            yield seen
        clients = {}
        for name in names:
            authorization = cast[name].authorization
            client = await stack.enter_async_context(websocket_client(address, authorization))
            await client.watch_home(after=cursors[name])
            clients[name] = client
        if not resumes:
            yield seen
        await api.change(cast["host"], "CreatePost", text="The end.")
        for name, client in clients.items():
            seen[name] = await home_events(client)


@pytest.mark.parametrize("resumes", [False, True])
async def test_who_has_posts_by_others_shares_queries_the_feed_again(
    address: str, api: Api, cast: Cast, resumes: bool
) -> None:
    author, host = cast["author"], cast["host"]
    post = await write(api, cast)
    await api.change(host, "SharePost", postId=post)
    await api.change(cast["requester"], "MuteUser", userId=author.id)
    names = ("author", "follower", "stranger", "requester", "blocked")
    await api.change(author, "FollowUser", userId=host.id)

    async def has_post(name: str) -> bool:
        page = await api.do(cast[name], "HomeFeed")
        return post in [edge["node"]["id"] for edge in page["edges"]]

    assert [await has_post(name) for name in names] == [True, True, True, False, False]
    for is_private in (True, False):
        async with home_watched(address, api, cast, names, resumes=resumes) as seen:
            await go_private(api, author, is_private=is_private)
        # For its followers nothing changes; a block and a mute hid the post already.
        assert seen == {
            name: [("HomeFeedChanged", "")] if name == "stranger" else [] for name in names
        }
        assert await has_post("stranger") is not is_private
        assert await has_post("follower")


@pytest.mark.parametrize("resumes", [False, True])
async def test_who_had_posts_of_an_account_that_is_deleted_or_restored_queries_the_feed_again(
    address: str, api: Api, database: Database, cast: Cast, resumes: bool
) -> None:
    author, host = cast["author"], cast["host"]
    post = await write(api, cast)
    await api.change(host, "SharePost", postId=post)
    await api.change(cast["requester"], "MuteUser", userId=author.id)
    names = ("follower", "stranger", "requester", "blocked")

    async def has_post(name: str) -> bool:
        page = await api.do(cast[name], "HomeFeed")
        return post in [edge["node"]["id"] for edge in page["edges"]]

    for change in (account_closed, account_restored):
        async with home_watched(address, api, cast, names, resumes=resumes) as seen:
            await change(database, author.key)
        changed = [("HomeFeedChanged", "")]
        # A block and a mute hid the post already.
        assert seen == {"follower": changed, "stranger": changed, "requester": [], "blocked": []}
        has = change is account_restored
        assert [await has_post(name) for name in names] == [has, has, False, False]
