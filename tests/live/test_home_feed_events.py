"""The events of the home feed add up to the result of a query."""

from __future__ import annotations

from core.database.database import Database
from core.ids import global_id
from tests.interactions.cast import (
    create_posts,
    delete_account,
)
from tests.live.world import (
    Api,
    Json,
    WebSocketClient,
    follow,
    operation,
    signed_in,
    websocket_client,
)


async def test_events_of_followed_users_equal_the_feed(
    address: str, api: Api, database: Database
) -> None:
    viewer, friend, stranger = await signed_in(database, 3)
    await follow(api, viewer, friend)
    (old,) = await create_posts(database, stranger.key)
    async with websocket_client(address, viewer.authorization) as home:
        ready = await home.watch_home()
        assert ready["__typename"] == "SubscriptionReady"
        await api.change(stranger, "CreatePost", text="Not for the viewer")
        await api.change(friend, "CreatePost", text="From a friend")
        await api.change(viewer, "CreatePost", text="My own", clientMutationId="echo")
        await api.change(friend, "SharePost", postId=global_id("Post", old))
        await api.change(
            viewer, "SharePost", postId=global_id("Post", old)
        )  # no entry of one's own
        received = await home.events(3)
    page = await api.do(viewer, "HomeFeed")
    received_edges = [event["edge"] for event in reversed(received)]
    for newer, (edge, stands) in enumerate(zip(received_edges, page["edges"], strict=True)):
        for cursor in (edge["cursor"], stands["cursor"]):
            updates = await api.do(viewer, "HomeFeedUpdates", since=cursor)
            assert updates == {"count": newer, "capped": False}
        assert edge["sharedBy"] == stands["sharedBy"]
        assert edge["node"]["id"] == stands["node"]["id"]
        assert edge["node"]["author"] == stands["node"]["author"]
    assert [edge["node"]["text"] for edge in received_edges] == ["x", "My own", "From a friend"]
    assert received[2]["edge"]["sharedBy"]["id"] == friend.id


async def test_missed_events_come_first(address: str, api: Api, database: Database) -> None:
    viewer, friend, stranger = await signed_in(database, 3)
    await follow(api, viewer, friend)
    (old,) = await create_posts(database, stranger.key)
    page = await api.do(viewer, "HomeFeed")
    await api.change(friend, "CreatePost", text="One")
    await api.change(friend, "SharePost", postId=global_id("Post", old))
    await api.change(stranger, "CreatePost", text="Not for the viewer")
    async with websocket_client(address, viewer.authorization) as home:
        await home.watch_home(after=page["eventCursor"])
        one, shared = await home.events(2)
        await api.change(friend, "CreatePost", text="Two")
        two = await home.event()
    assert one["edge"]["node"]["text"] == "One"
    assert shared["edge"]["node"]["id"] == global_id("Post", old)
    assert two["edge"]["node"]["text"] == "Two"
    updates = await api.do(viewer, "HomeFeedUpdates", since=one["edge"]["cursor"])
    assert updates == {"count": 2, "capped": False}


async def test_who_is_mentioned_queries_again_after_an_edit_or_a_deletion(
    address: str, api: Api, database: Database
) -> None:
    viewer, friend = await signed_in(database, 2)
    await follow(api, viewer, friend)
    # Before the subscription, which would be sent a post that mentions the viewer by the time of its delivery.
    values = {"text": "For nobody.", "visibility": "MENTIONED"}
    post = (await api.change(friend, "CreateRichPost", **values))["post"]["id"]
    async with websocket_client(address, viewer.authorization) as home:
        ready = await home.watch_home()
        for text in ("For @p1.", "For nobody.", "Hello @p1."):
            await api.change(friend, "EditPost", postId=post, text=text)
            assert (await home.event())["__typename"] == "HomeFeedChanged"
        await api.change(friend, "EditPost", postId=post, text="Hello again, @p1.")
        await api.change(friend, "DeletePost", postId=post)
        assert (await home.event())["__typename"] == "HomeFeedChanged"
        await api.change(friend, "CreatePost", text="For all, also @p1.")
        assert (await home.event())["__typename"] == "FeedEntryAdded"
    async with websocket_client(address, viewer.authorization) as home:
        await home.watch_home(after=ready["cursor"])
        received = [event["__typename"] for event in await home.events(2)]
    assert received == ["HomeFeedChanged", "FeedEntryAdded"]


async def test_what_quotes_a_muted_user_comes_without_the_quote(
    address: str, api: Api, database: Database
) -> None:
    """Not in an event about the post itself, which the client has opened."""
    viewer, friend, muted = await signed_in(database, 3)
    await follow(api, viewer, friend)
    await api.change(viewer, "MuteUser", userId=muted.id)
    (quoted,) = await create_posts(database, muted.key)
    async with websocket_client(address, viewer.authorization) as home:
        await home.subscribe("1", operation("HomeFeedEventsWhole"))
        assert (await home.event())["__typename"] == "SubscriptionReady"
        values = {"text": "Look.", "quotedPostId": global_id("Post", quoted)}
        quoting = (await api.change(friend, "CreateRichPost", **values))["post"]
        entry = (await home.event())["edge"]["node"]
        assert entry["id"] == quoting["id"]
        assert entry["quote"] == {"state": "UNAVAILABLE", "post": None}
        await home.subscribe("2", operation("ThreadEvents"), postIds=[quoting["id"]])
        assert (await home.event())["__typename"] == "SubscriptionReady"
        await api.change(friend, "EditPost", postId=quoting["id"], text="Look here.")
        assert (await home.event())["post"]["quote"] == quoting["quote"]


async def test_blocks_and_mutes_hide_entries(address: str, api: Api, database: Database) -> None:
    viewer, friend, muted, author = await signed_in(database, 4)
    await follow(api, viewer, friend, muted)
    await api.change(viewer, "MuteUser", userId=muted.id)
    await api.change(author, "BlockUser", userId=viewer.id)
    (hidden,) = await create_posts(database, author.key)
    (of_muted,) = await create_posts(database, muted.key)
    async with websocket_client(address, viewer.authorization) as home:
        await home.watch_home()
        await api.change(muted, "CreatePost", text="Muted")
        await api.change(friend, "SharePost", postId=global_id("Post", hidden))
        await api.change(friend, "SharePost", postId=global_id("Post", of_muted))
        await api.change(friend, "CreatePost", text="Seen")
        assert (await home.event())["edge"]["node"]["text"] == "Seen"


async def test_a_home_feed_needs_a_viewer(address: str, database: Database) -> None:
    async with websocket_client(address) as anybody:
        await anybody.subscribe("1", "subscription { homeFeedEvents { cursor } }")
        refused = await anybody.receive()
        assert refused["type"] == "error"
        assert refused["payload"][0]["extensions"]["code"] == "UNAUTHENTICATED"


async def test_posts_of_authors_with_many_followers_are_delivered(
    address: str, api: Api, database: Database
) -> None:
    star, *fans = await signed_in(database, 12)
    await database.write(
        "INSERT INTO follows (follower_id, followee_id) SELECT id, $1 FROM unnest($2::bigint[]) AS f(id)",
        star.key,
        [fan.key for fan in fans],
    )
    await database.write("UPDATE users SET follower_count = $2 WHERE id = $1", star.key, len(fans))
    async with (
        websocket_client(address, fans[0].authorization) as one,
        websocket_client(address, fans[1].authorization) as two,
    ):
        await one.watch_home()
        await two.watch_home()
        await api.change(star, "CreatePost", text="Hello all")
        for fan in (one, two):
            assert (await fan.event())["edge"]["node"]["text"] == "Hello all"


WITH_COMMENTS = """
subscription Home { homeFeedEvents { __typename ... on FeedEntryAdded { edge { node {
  comments(first: 3) { edges { node { author { id } } } } likers(first: 3) { edges { node { id } } }
} } } } }
"""


async def test_events_count_no_interactions_of_muted_users(
    address: str, api: Api, database: Database
) -> None:
    viewer, author, muted, other = await signed_in(database, 4)
    post = (await api.change(other, "CreatePost", text="Look"))["post"]["id"]
    await follow(api, viewer, author)
    for actor in (other, muted):
        await api.change(actor, "CreateComment", postId=post, text="Hm")
        await api.change(actor, "LikePost", postId=post)
    await api.change(viewer, "MuteUser", userId=muted.id)
    async with websocket_client(address, viewer.authorization) as home:
        await home.subscribe("home", WITH_COMMENTS)
        ready = (await home.receive())["payload"]["data"]["homeFeedEvents"]
        assert ready["__typename"] == "SubscriptionReady"
        await api.change(author, "SharePost", postId=post)
        entry = (await home.receive())["payload"]["data"]["homeFeedEvents"]["edge"]["node"]
    assert [edge["node"]["author"]["id"] for edge in entry["comments"]["edges"]] == [other.id]
    assert [edge["node"]["id"] for edge in entry["likers"]["edges"]] == [other.id]


async def test_an_entry_falls_back_when_its_share_is_taken_back(
    address: str, api: Api, database: Database
) -> None:
    """Each viewer gets the newest reason that is left for them, at its place."""
    one, two, three, early, late, author = await signed_in(database, 6)
    (post,) = await create_posts(database, author.key)
    shared = global_id("Post", post)
    await follow(api, one, early, late)
    await follow(api, two, author, late)
    await follow(api, three, late)
    await api.change(early, "SharePost", postId=shared)
    await api.change(early, "CreatePost", text="Between")
    await api.change(late, "SharePost", postId=shared)
    async with (
        websocket_client(address, one.authorization) as of_one,
        websocket_client(address, two.authorization) as of_two,
        websocket_client(address, three.authorization) as of_three,
    ):
        for home in (of_one, of_two, of_three):
            await home.subscribe("home", FALL_BACK)
            assert (await home.event())["__typename"] == "SubscriptionReady"
        await api.change(late, "UnsharePost", postId=shared)
        for viewer, home, sharer in ((one, of_one, early.id), (two, of_two, None)):
            event = await home.event()
            assert event["__typename"] == "FeedEntryAdded"
            assert event["isNewest"] is False
            assert event["edge"]["node"]["id"] == shared
            assert (event["edge"]["sharedBy"] and event["edge"]["sharedBy"]["id"]) == sharer
            page = await api.do(viewer, "HomeFeed")
            [place] = [n for n, e in enumerate(page["edges"]) if e["node"]["id"] == shared]
            updates = await api.do(viewer, "HomeFeedUpdates", since=event["edge"]["cursor"])
            assert updates["count"] == place
        assert await of_three.event() == {"__typename": "FeedEntryRemoved", "postId": shared}


FALL_BACK = """
subscription Home { homeFeedEvents { __typename
  ... on FeedEntryAdded { isNewest edge { cursor node { id } sharedBy { id } } }
  ... on FeedEntryRemoved { postId } } }
"""


async def whole(home: WebSocketClient, after: str | None = None) -> None:
    """Subscribes with the contract's document that has `HomeFeedChanged`."""
    await home.subscribe("whole", operation("HomeFeedEventsWhole"), after=after)
    assert (await home.event())["__typename"] == "SubscriptionReady"


CHANGES = ("FollowUser", "UnfollowUser", "MuteUser", "UnmuteUser", "BlockUser", "UnblockUser")


async def test_all_devices_of_the_viewer_query_again_and_nobody_else(
    address: str, api: Api, database: Database
) -> None:
    viewer, other, third = await signed_in(database, 3)
    await follow(api, other, viewer)
    async with (
        websocket_client(address, viewer.authorization) as phone,
        websocket_client(address, viewer.authorization) as tablet,
        websocket_client(address, third.authorization) as of_third,
    ):
        for home in (phone, tablet, of_third):
            await whole(home)
        for change in CHANGES:
            await api.change(viewer, change, userId=third.id)
            # A block ends follows of both sides, but these two do not follow each other any more.
            for home in (phone, tablet):
                event = await home.event()
                assert event["__typename"] == "HomeFeedChanged"
                assert event.keys() == {"__typename", "cursor"}
            again = await api.change(viewer, change, userId=third.id)
            assert again["changed"] is False
        await api.change(viewer, "CreatePost", text="Then")
        await api.change(third, "CreatePost", text="Then")
        for home in (phone, tablet, of_third):
            assert (await home.event())["edge"]["node"]["text"] == "Then"


async def test_a_follower_who_is_blocked_queries_again_and_another_is_not_notified(
    address: str, api: Api, database: Database
) -> None:
    """What a block is for: only the end of an own follow shows."""
    viewer, follower, stranger = await signed_in(database, 3)
    await follow(api, follower, viewer)
    async with (
        websocket_client(address, follower.authorization) as of_follower,
        websocket_client(address, stranger.authorization) as of_stranger,
    ):
        for home in (of_follower, of_stranger):
            await whole(home)
        for blocked in (follower, stranger):
            await api.change(viewer, "BlockUser", userId=blocked.id)
        assert (await of_follower.event())["__typename"] == "HomeFeedChanged"
        for user, home in ((follower, of_follower), (stranger, of_stranger)):
            await api.change(user, "CreatePost", text="Then")
            assert (await home.event())["edge"]["node"]["text"] == "Then"


async def test_a_client_that_was_away_queries_again_once(
    address: str, api: Api, database: Database
) -> None:
    viewer, stranger, *others = await signed_in(database, 5)
    page = await api.do(viewer, "HomeFeed")
    for other in others:
        await follow(api, viewer, other)
        await api.change(other, "CreatePost", text="New")
    # The entries of an account that is being deleted are removed one by one.
    await delete_account(database, others[0].key)
    async with websocket_client(address, stranger.authorization) as live:
        # Once this has its event, all before it is missed and not delivered live.
        await whole(live)
        await api.change(stranger, "CreatePost", text="Of a stranger")
        assert (await live.event())["edge"]["node"]["text"] == "Of a stranger"
    async with websocket_client(address, viewer.authorization) as home:
        await whole(home, page["eventCursor"])
        await api.change(viewer, "CreatePost", text="Then")
        events: list[Json] = []
        while not events or events[-1].get("edge", {}).get("node", {}).get("text") != "Then":
            events.append(await home.event())
    kinds = [event["__typename"] for event in events]
    assert kinds.count("HomeFeedChanged") == 1
    assert kinds.count("FeedEntryAdded") == 3
    [changed] = [event for event in events if event["__typename"] == "HomeFeedChanged"]
    async with websocket_client(address, viewer.authorization) as home:
        await whole(home, changed["cursor"])
        await api.change(viewer, "CreatePost", text="Last")
        resumed = [await home.event() for _ in events[events.index(changed) :]]
    assert resumed[:-1] == events[events.index(changed) + 1 :]


async def test_a_follower_who_was_away_learns_that_an_account_is_gone(
    address: str, api: Api, database: Database
) -> None:
    """Nothing but the log has the follow by then. Who had unfollowed the account is not notified."""
    viewer, left, gone = await signed_in(database, 3)
    for each in (viewer, left):
        await follow(api, each, gone)
    await api.change(gone, "CreatePost", text="Gone with its author")
    await api.change(left, "UnfollowUser", userId=gone.id)
    cursors = [(await api.do(each, "HomeFeed"))["eventCursor"] for each in (viewer, left)]
    await delete_account(database, gone.key)
    of_viewer = ["HomeFeedChanged", "FeedEntryRemoved", "FeedEntryAdded"]
    for each, after, expected in zip(
        (viewer, left), cursors, (of_viewer, ["FeedEntryAdded"]), strict=True
    ):
        async with websocket_client(address, each.authorization) as home:
            await whole(home, after)
            await api.change(each, "CreatePost", text="Then")
            received = [(await home.event())["__typename"]]
            while received[-1] != "FeedEntryAdded":
                received.append((await home.event())["__typename"])
        assert received == expected
