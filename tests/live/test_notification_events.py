"""Live events of notifications add up to the list, on every device, with the same ids and counts."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from core.database.database import Database
from core.ids import global_id
from tests.interactions.cast import account_closed, account_restored, create_posts
from tests.interactions.notifications.inboxes import Work
from tests.live.world import (
    Api,
    Json,
    SignedInUser,
    WebSocketClient,
    operation,
    signed_in,
    websocket_client,
)


async def watch(client: WebSocketClient, after: str | None = None) -> Json:
    await client.subscribe("1", operation("NotificationEvents"), after=after)
    return await client.event()


def without_edges(notification: Json) -> Json:
    return {**notification, "actors": [each["node"] for each in notification["actors"]["edges"]]}


async def listed(api: Api, viewer: SignedInUser) -> list[Json]:
    page = await api.do(viewer, "Notifications", first=100)
    return [without_edges(edge["node"]) for edge in page["edges"]]


class Device:
    """What a client holds: the list of a query, changed by events as their descriptions say."""

    def __init__(self, client: WebSocketClient, page: Json) -> None:
        self.client = client
        self.held = [without_edges(edge["node"]) for edge in page["edges"]]
        self.unseen = page["unseen"]

    async def receive(self, count: int) -> list[str]:
        """The types of the next `count` events, each applied."""
        events = await self.client.events(count)
        for event in events:
            self.apply(event)
        return [event["__typename"] for event in events]

    def apply(self, event: Json) -> None:
        self.unseen = event["unseen"]
        kind = event["__typename"]
        if kind in {"NotificationAdded", "NotificationChanged"}:
            new = without_edges(event["notification"])
            place = next((n for n, each in enumerate(self.held) if each["id"] == new["id"]), None)
            if kind == "NotificationChanged" and place is not None:
                self.held[place] = new
            elif kind == "NotificationAdded":
                if place is not None:
                    del self.held[place]
                self.held.insert(0, new)
        elif kind == "NotificationRemoved":
            self.held = [each for each in self.held if each["id"] != event["notificationId"]]
        else:
            assert kind == "NotificationsSeen"
            for each in self.held:
                each["isSeen"] |= each["latestAt"] <= event["seenThrough"]


async def test_events_add_up_to_the_list_on_two_devices(
    address: str, api: Api, database: Database
) -> None:
    viewer, a, b = await signed_in(database, 3)
    first, second = await create_posts(database, viewer.key, 2)
    post, other = global_id("Post", first), global_id("Post", second)
    work = Work(database)
    await api.change(a, "LikePost", postId=post)
    await work.do()
    page = await api.do(viewer, "Notifications")
    async with (
        websocket_client(address, viewer.authorization) as phone,
        websocket_client(address, viewer.authorization) as laptop,
        websocket_client(address, a.authorization) as stranger,
    ):
        devices = [Device(phone, page), Device(laptop, page)]

        async def told_of(*kinds: str) -> None:
            """Each device is sent these. An event shows what is now, so each is awaited before the next change."""
            await work.do()
            for device in devices:
                assert await device.receive(len(kinds)) == list(kinds)

        for client in (phone, laptop):
            assert (await watch(client, page["eventCursor"]))["__typename"] == "SubscriptionReady"
        await watch(stranger)
        await api.change(b, "LikePost", postId=post)
        await told_of("NotificationAdded")
        await api.change(b, "SharePost", postId=other)
        await told_of("NotificationAdded")
        await api.change(a, "UnlikePost", postId=post)
        await told_of("NotificationChanged")
        comment = await api.change(b, "CreateComment", postId=post, text="Yes")
        await told_of("NotificationAdded")
        newest = (await api.do(viewer, "Notifications"))["edges"][0]["cursor"]
        seen = await api.change(viewer, "MarkNotificationsSeen", upTo=newest)
        assert seen["unseen"] == {"count": 0, "capped": False}
        await told_of("NotificationsSeen")
        await api.change(a, "LikePost", postId=post)
        await told_of("NotificationAdded")
        await api.change(b, "DeleteComment", commentId=comment["comment"]["id"])
        await told_of("NotificationRemoved")
        await api.change(a, "UnlikePost", postId=post)
        await told_of("NotificationRemoved")
        await api.change(viewer, "MuteUser", userId=a.id)
        await api.change(viewer, "UnmuteUser", userId=a.id)
        await api.change(a, "LikePost", postId=other)
        await told_of("NotificationAdded")
        truth = await listed(api, viewer)
        for device in devices:
            assert device.held == truth
            assert device.unseen == {"count": 1, "capped": False}
        # The stranger was sent nothing of it.
        await api.change(viewer, "LikePost", postId=post)
        await api.change(viewer, "FollowUser", userId=a.id)
        await work.do()
        event = await stranger.event()
        assert (event["__typename"], event["notification"]["kind"]) == (
            "NotificationAdded",
            "FOLLOW",
        )


async def test_what_was_missed_comes_first_and_is_judged_now(
    address: str, api: Api, database: Database
) -> None:
    viewer, a, b = await signed_in(database, 3)
    [key] = await create_posts(database, viewer.key)
    post = global_id("Post", key)
    work = Work(database)
    page = await api.do(viewer, "Notifications")
    await api.change(a, "LikePost", postId=post)
    await work.do()
    await api.change(b, "SharePost", postId=post)
    await work.do()
    await api.change(viewer, "BlockUser", userId=b.id)
    await work.do()
    async with websocket_client(address, viewer.authorization) as client:
        ready = await watch(client, page["eventCursor"])
        assert ready["resumed"]
        added = await client.event()
        assert added["notification"]["kind"] == "LIKE"
        assert added["unseen"] == {"count": 1, "capped": False}
        # What was hidden by the block is removed from a device that held it.
        removed = await client.event()
        assert removed["__typename"] == "NotificationRemoved"
        await api.change(viewer, "UnblockUser", userId=b.id)
        await work.do()
        shown = await client.event()
        assert (shown["__typename"], shown["notification"]["id"]) == (
            "NotificationChanged",
            removed["notificationId"],
        )
        assert shown["unseen"]["count"] == 2


class Scene:
    """A viewer whose comment on an owner's post, and whose own post, somebody answers."""

    def __init__(self, api: Api, database: Database) -> None:
        self.api = api
        self.database = database

    async def make(self) -> None:
        """Makes the notifications REPLY, about the owner's post, and QUOTE, which is a post of who answers."""
        self.viewer, self.answering, self.owner = await signed_in(self.database, 3)
        [key] = await create_posts(self.database, self.owner.key)
        [own] = await create_posts(self.database, self.viewer.key)
        post = global_id("Post", key)
        comment = (await self.change(self.viewer, "CreateComment", postId=post, text="Yes"))[
            "comment"
        ]
        await self.change(
            self.answering, "CreateComment", postId=post, parentId=comment["id"], text="No"
        )
        await self.change(
            self.answering, "CreatePost", text="See", quotedPostId=global_id("Post", own)
        )

    async def change(self, user: SignedInUser, name: str, **values: object) -> Json:
        return await self.api.change(user, name, **values)

    async def want_replies(self, audience: str) -> None:
        setting = {"kind": "REPLY", "allowFrom": audience}
        await self.change(self.viewer, "UpdateNotificationSettings", settings=[setting])


Step = Callable[[Scene], Awaitable[object]]


async def nothing(_scene: Scene) -> None:
    pass


async def viewer_follows_owner(scene: Scene) -> None:
    await scene.change(scene.viewer, "FollowUser", userId=scene.owner.id)
    await scene.change(scene.owner, "UpdateProfile", isPrivate=True)


async def owner_accepts_viewer_again(scene: Scene) -> None:
    await scene.change(scene.viewer, "FollowUser", userId=scene.owner.id)
    await scene.change(scene.owner, "AcceptFollowRequest", userId=scene.viewer.id)


async def viewer_follows_answering(scene: Scene) -> None:
    await scene.change(scene.viewer, "FollowUser", userId=scene.answering.id)
    await scene.want_replies("FOLLOWING")


HIDDEN: dict[str, tuple[Step, Step, Step, str]] = {
    "the viewer blocks the owner": (
        nothing,
        lambda scene: scene.change(scene.viewer, "BlockUser", userId=scene.owner.id),
        lambda scene: scene.change(scene.viewer, "UnblockUser", userId=scene.owner.id),
        "REPLY",
    ),
    "the owner blocks the viewer": (
        nothing,
        lambda scene: scene.change(scene.owner, "BlockUser", userId=scene.viewer.id),
        lambda scene: scene.change(scene.owner, "UnblockUser", userId=scene.viewer.id),
        "REPLY",
    ),
    "the owner becomes private": (
        nothing,
        lambda scene: scene.change(scene.owner, "UpdateProfile", isPrivate=True),
        lambda scene: scene.change(scene.owner, "UpdateProfile", isPrivate=False),
        "REPLY",
    ),
    "who quotes becomes private": (
        nothing,
        lambda scene: scene.change(scene.answering, "UpdateProfile", isPrivate=True),
        lambda scene: scene.change(scene.answering, "UpdateProfile", isPrivate=False),
        "QUOTE",
    ),
    "the viewer unfollows the owner": (
        viewer_follows_owner,
        lambda scene: scene.change(scene.viewer, "UnfollowUser", userId=scene.owner.id),
        owner_accepts_viewer_again,
        "REPLY",
    ),
    "the owner removes the viewer": (
        viewer_follows_owner,
        lambda scene: scene.change(scene.owner, "RemoveFollower", userId=scene.viewer.id),
        owner_accepts_viewer_again,
        "REPLY",
    ),
    "the viewer unfollows who answers": (
        viewer_follows_answering,
        lambda scene: scene.change(scene.viewer, "UnfollowUser", userId=scene.answering.id),
        lambda scene: scene.change(scene.viewer, "FollowUser", userId=scene.answering.id),
        "REPLY",
    ),
    "the owner deletes the account": (
        nothing,
        lambda scene: account_closed(scene.database, scene.owner.key),
        lambda scene: account_restored(scene.database, scene.owner.key),
        "REPLY",
    ),
    "who answers deletes the account": (
        nothing,
        lambda scene: account_closed(scene.database, scene.answering.key),
        lambda scene: account_restored(scene.database, scene.answering.key),
        "REPLY",
    ),
}


@pytest.mark.parametrize("change", HIDDEN)
async def test_what_is_hidden_is_removed_and_what_is_shown_again_comes_back(
    address: str, api: Api, database: Database, change: str
) -> None:
    prepare, hide, show, kind = HIDDEN[change]
    scene = Scene(api, database)
    await scene.make()
    await prepare(scene)
    work = Work(database)
    await work.do()
    page = await api.do(scene.viewer, "Notifications")
    [held] = [edge["node"]["id"] for edge in page["edges"] if edge["node"]["kind"] == kind]
    async with websocket_client(address, scene.viewer.authorization) as client:
        await watch(client, page["eventCursor"])
        device = Device(client, page)

        async def told_of(expected: str) -> None:
            while True:
                event = await client.event()
                device.apply(event)
                about = event.get("notificationId") or event["notification"]["id"]
                if (event["__typename"], about) == (expected, held):
                    return

        await hide(scene)
        await work.do()
        await told_of("NotificationRemoved")
        assert held not in [each["id"] for each in await listed(api, scene.viewer)]
        await show(scene)
        await work.do()
        await told_of("NotificationChanged")
        assert held in [each["id"] for each in await listed(api, scene.viewer)]
        assert device.unseen == (await api.do(scene.viewer, "Notifications"))["unseen"]


async def test_what_is_added_and_hidden_at_once_is_removed_where_it_was_held(
    address: str, api: Api, database: Database
) -> None:
    viewer, a, b, owner = await signed_in(database, 4)
    [key] = await create_posts(database, owner.key)
    post = global_id("Post", key)
    comment = (await api.change(viewer, "CreateComment", postId=post, text="Yes"))["comment"]
    await api.change(a, "LikeComment", commentId=comment["id"])
    work = Work(database)
    await work.do()
    page = await api.do(viewer, "Notifications")
    async with websocket_client(address, viewer.authorization) as client:
        await watch(client, page["eventCursor"])
        await api.change(b, "LikeComment", commentId=comment["id"])
        await api.change(viewer, "BlockUser", userId=owner.id)
        await work.do()
        event = await client.event()
        assert event["__typename"] == "NotificationRemoved"
        assert event["notificationId"] == page["edges"][0]["node"]["id"]


async def test_notification_events_need_a_viewer(address: str, database: Database) -> None:
    async with websocket_client(address) as anybody:
        await anybody.subscribe("1", "subscription { notificationEvents { cursor } }")
        message = await anybody.receive()
        assert message["type"] == "error"
        assert message["payload"][0]["extensions"]["code"] == "UNAUTHENTICATED"
