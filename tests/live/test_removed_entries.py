"""Entries leave the home feeds of subscribers with their posts and shares, however many have shared a post."""

from __future__ import annotations

import pytest

from core.database.database import Database
from core.database.time_ordered_keys import HIGHEST_KEY
from core.ids import global_id
from tests.interactions.cast import (
    accounts_erase,
    create_posts,
    create_users,
    hide_account,
)
from tests.live.world import Api, follow, signed_in, websocket_client


async def test_removed_entries_are_sent_to_viewers_who_had_them(
    address: str, api: Api, database: Database
) -> None:
    viewer, friend, other_friend, stranger = await signed_in(database, 4)
    await follow(api, viewer, friend, other_friend)
    kept, deleted = await create_posts(database, stranger.key, 2)
    for sharer, post in ((friend, kept), (other_friend, kept), (friend, deleted)):
        await api.change(sharer, "SharePost", postId=global_id("Post", post))
    ready = await api.do(viewer, "HomeFeed")
    async with websocket_client(address, viewer.authorization) as home:
        await home.watch_home(after=ready["eventCursor"])
        # The other friend's share still holds it.
        await api.change(friend, "UnsharePost", postId=global_id("Post", kept))
        await api.change(stranger, "DeletePost", postId=global_id("Post", deleted))
        removal = await home.event()
        assert (removal["__typename"], removal["postId"]) == (
            "FeedEntryRemoved",
            global_id("Post", deleted),
        )
        await api.change(other_friend, "UnsharePost", postId=global_id("Post", kept))
        assert (await home.event())["postId"] == global_id("Post", kept)
    async with websocket_client(address, viewer.authorization) as home:
        await home.watch_home(after=ready["eventCursor"])
        # Both shares have been removed by now, so neither leaves an entry.
        removed = [event["postId"] for event in await home.events(3)]
    assert removed == [global_id("Post", post) for post in (kept, deleted, kept)]


async def test_a_deleted_post_leaves_feeds_that_have_it_by_an_old_share(
    address: str, api: Api, database: Database
) -> None:
    """The log may not have the share any more."""
    viewer, friend, stranger = await signed_in(database, 3)
    await follow(api, viewer, friend)
    (post,) = await create_posts(database, stranger.key)
    await api.change(friend, "SharePost", postId=global_id("Post", post))
    await database.write("DELETE FROM events")
    async with websocket_client(address, viewer.authorization) as home:
        ready = await home.watch_home()
        await api.change(stranger, "DeletePost", postId=global_id("Post", post))
        assert (await home.event())["postId"] == global_id("Post", post)
    async with websocket_client(address, viewer.authorization) as home:
        await home.watch_home(after=ready["cursor"])
        assert (await home.event())["postId"] == global_id("Post", post)


async def test_a_deleted_post_that_very_many_have_shared_leaves_all_feeds(
    address: str, api: Api, database: Database
) -> None:
    """Not all sharers are looked at, so viewers who follow none of them are sent the removal as well."""
    viewer, friend, stranger = await signed_in(database, 3)
    await follow(api, viewer, friend)
    (post,) = await create_posts(database, stranger.key)
    sharers = [*await create_users(database, 500, first=100), friend.key]
    await database.write(
        "INSERT INTO shares (user_id, post_id) SELECT id, $1 FROM unnest($2::bigint[]) AS s(id)",
        *(post, sharers),
    )
    await database.write("UPDATE posts SET share_count = $2 WHERE id = $1", post, len(sharers))
    async with (
        websocket_client(address, viewer.authorization) as one,
        websocket_client(address, friend.authorization) as two,
    ):
        await one.watch_home()
        await two.watch_home()
        # So that the server knows the log of this test, not that of the one before.
        await api.change(friend, "CreatePost", text="Hello")
        for home in (one, two):
            assert (await home.event())["__typename"] == "FeedEntryAdded"
        await api.change(stranger, "DeletePost", postId=global_id("Post", post))
        for home in (one, two):
            assert (await home.event())["postId"] == global_id("Post", post)


@pytest.mark.parametrize("of", ["a followee", "a muted one", "a deleted one", "nobody"])
@pytest.mark.parametrize("others", [0, 20])
async def test_a_share_is_sent_unless_an_earlier_one_of_a_followee_has_a_newer_key(
    address: str, api: Api, database: Database, others: int, of: str
) -> None:
    """Where few others have shared the post since, they are looked through, else the followees."""
    viewer, friend, other, stranger = await signed_in(database, 4)
    await follow(api, viewer, friend, *([other] if of != "nobody" else []))
    if of == "a muted one":
        await api.change(viewer, "MuteUser", userId=other.id)
    elif of == "a deleted one":
        await hide_account(database, other.key)
    (post,) = await create_posts(database, stranger.key)
    sharers = [*await create_users(database, others, first=100), other.key]
    await database.write(
        "INSERT INTO shares (id, user_id, post_id) SELECT $1::bigint - n, s, $2 "
        "FROM unnest($3::bigint[]) WITH ORDINALITY AS t(s, n)",
        *(HIGHEST_KEY, post, sharers),
    )
    async with websocket_client(address, viewer.authorization) as home:
        await home.watch_home()
        await api.change(friend, "SharePost", postId=global_id("Post", post))
        last = (await api.change(friend, "CreatePost", text="Last"))["post"]["id"]
        expected = [last] if of == "a followee" else [global_id("Post", post), last]
        sent = [(await home.event())["edge"]["node"]["id"] for _ in expected]
    assert sent == expected


async def test_an_erased_post_leaves_feeds_that_have_it_by_a_share(
    address: str, api: Api, database: Database
) -> None:
    viewer, friend, stranger = await signed_in(database, 3)
    await follow(api, viewer, friend)
    (post,) = await create_posts(database, stranger.key)
    await api.change(friend, "SharePost", postId=global_id("Post", post))
    await hide_account(database, stranger.key)
    await database.write("DELETE FROM events")
    async with websocket_client(address, viewer.authorization) as home:
        await home.watch_home()
        await accounts_erase(database)
        assert (await home.event())["postId"] == global_id("Post", post)


@pytest.mark.parametrize("is_deleted", [False, True], ids=["muted", "deleted"])
async def test_an_entry_falls_back_to_no_share_of_a_hidden_user(
    address: str, api: Api, database: Database, is_deleted: bool
) -> None:
    """The follows and shares of a deleted account are there until it is erased."""
    viewer, friend, hidden, stranger = await signed_in(database, 4)
    await follow(api, viewer, friend, hidden)
    (post,) = await create_posts(database, stranger.key)
    for sharer in (hidden, friend):
        await api.change(sharer, "SharePost", postId=global_id("Post", post))
    if is_deleted:
        await hide_account(database, hidden.key)
    else:
        await api.change(viewer, "MuteUser", userId=hidden.id)
    page = await api.do(viewer, "HomeFeed")
    async with websocket_client(address, viewer.authorization) as home:
        await home.watch_home(after=page["eventCursor"])
        await api.change(friend, "UnsharePost", postId=global_id("Post", post))
        removal = await home.event()
    assert (removal["__typename"], removal["postId"]) == (
        "FeedEntryRemoved",
        global_id("Post", post),
    )


async def test_a_share_that_ends_while_its_post_is_private(
    address: str, api: Api, database: Database
) -> None:
    viewer, friend, stranger = await signed_in(database, 3)
    await follow(api, viewer, friend)
    (post,) = await create_posts(database, stranger.key)
    await api.change(friend, "SharePost", postId=global_id("Post", post))
    page = await api.do(viewer, "HomeFeed")
    await api.change(stranger, "UpdateProfile", isPrivate=True)
    await api.change(friend, "UnsharePost", postId=global_id("Post", post))
    async with websocket_client(address, viewer.authorization) as home:
        await home.watch_home(after=page["eventCursor"])
        assert (await home.event())["postId"] == global_id("Post", post)


@pytest.mark.parametrize("why", ["private", "muted", "sharer deleted"])
async def test_shares_of_what_is_hidden_since_are_not_sent(
    address: str, api: Api, database: Database, why: str
) -> None:
    """Neither where they began nor, for one that remains, where another ended."""
    viewer, friend, other, author = await signed_in(database, 4)
    await follow(api, viewer, friend, other)
    (post,) = await create_posts(database, author.key)
    page = await api.do(viewer, "HomeFeed")
    for sharer in (other, friend):
        await api.change(sharer, "SharePost", postId=global_id("Post", post))
    if why == "private":
        await api.change(author, "UpdateProfile", isPrivate=True)
    elif why == "muted":
        await api.change(viewer, "MuteUser", userId=author.id)
    else:
        await hide_account(database, other.key)
    await api.change(friend, "UnsharePost", postId=global_id("Post", post))
    last = (await api.change(friend, "CreatePost", text="Last"))["post"]["id"]
    added = []
    async with websocket_client(address, viewer.authorization) as home:
        await home.watch_home(after=page["eventCursor"])
        while last not in added:
            event = await home.event()
            if event["__typename"] == "FeedEntryAdded":
                added.append(event["edge"]["node"]["id"])
    assert added == [last]
