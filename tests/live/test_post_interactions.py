"""Subscribers to posts receive all visible events, in order and once."""

from __future__ import annotations

import itertools

import pytest

from core.database.database import Database
from core.ids import global_id
from tests.interactions.cast import create_posts
from tests.live.world import Api, Closed, SignedInUser, signed_in, websocket_client


def kinds(events: list[dict[str, object]]) -> list[object]:
    return [event["__typename"] for event in events]


async def test_all_events_of_a_post_are_delivered_in_order(
    address: str, api: Api, database: Database
) -> None:
    author, fan = await signed_in(database, 2)
    (post,) = await create_posts(database, author.key)
    id = global_id("Post", post)
    async with websocket_client(address) as watcher:
        ready = await watcher.watch([post])
        assert (ready["__typename"], ready["resumed"]) == ("SubscriptionReady", False)
        changes: list[tuple[SignedInUser, str, dict[str, str]]] = [
            (fan, "LikePost", {"postId": id, "clientMutationId": "mine"}),
            (fan, "LikePost", {"postId": id}),  # changes nothing
            (fan, "SharePost", {"postId": id}),
            (fan, "CreateComment", {"postId": id, "text": "Well said"}),
            (fan, "DeleteComment", {}),
            (fan, "UnsharePost", {"postId": id}),
            (fan, "UnlikePost", {"postId": id}),
            (author, "EditPost", {"postId": id, "text": "Better said"}),
            (author, "DeletePost", {"postId": id}),
        ]
        received = []
        comment_id = ""
        for user, change, values in changes:
            if change == "DeleteComment":
                values["commentId"] = comment_id
            payload = await api.change(user, change, **values)
            if change == "CreateComment":
                comment_id = payload["comment"]["id"]
            # A change that is undone before its delivery is not delivered, so each waits for its event.
            if payload.get("changed", True):
                received.append(await watcher.event())
    liked, *others = received
    assert kinds(received) == [
        "PostLiked",
        "PostShared",
        "CommentCreated",
        "CommentDeleted",
        "PostUnshared",
        "PostUnliked",
        "PostEdited",
        "PostDeleted",
    ]
    assert liked["clientMutationId"] == "mine"
    assert liked["actor"]["id"] == fan.id
    assert liked["post"] == {"id": id, "likeCount": 1}
    assert others[1]["comment"]["text"] == "Well said"
    assert others[2]["deletedCommentId"] == comment_id
    assert others[5]["post"]["text"] == "Better said"
    assert others[6]["deletedPostId"] == id


async def test_missed_events_come_first_then_live_ones(
    address: str, api: Api, database: Database
) -> None:
    author, fan, other = await signed_in(database, 3)
    post, beside = await create_posts(database, author.key, 2)
    id = global_id("Post", post)
    async with websocket_client(address) as watcher:
        ready = await watcher.watch([post])
    await api.change(fan, "LikePost", postId=id)
    await api.change(fan, "LikePost", postId=global_id("Post", beside))
    await api.change(fan, "SharePost", postId=id)
    async with websocket_client(address) as watcher:
        again = await watcher.watch([post], after=ready["cursor"])
        assert (again["resumed"], again["cursor"]) == (True, ready["cursor"])
        liked, shared = await watcher.events(2)
        assert kinds([liked, shared]) == ["PostLiked", "PostShared"]
        await api.change(other, "LikePost", postId=id)
        live = await watcher.event()
        assert live["actor"]["id"] == other.id
    async with websocket_client(address) as watcher:
        await watcher.watch([post], after=liked["cursor"])
        assert [event["cursor"] for event in await watcher.events(2)] == [
            shared["cursor"],
            live["cursor"],
        ]


async def test_a_subscription_continues_a_query_without_a_gap(
    address: str, api: Api, database: Database
) -> None:
    author, fan, other = await signed_in(database, 3)
    (post,) = await create_posts(database, author.key)
    id = global_id("Post", post)
    await api.change(fan, "LikePost", postId=id)
    page = await api.do(author, "HomeFeed")
    assert page["edges"][0]["node"]["likeCount"] == 1
    await api.change(other, "LikePost", postId=id)
    async with websocket_client(address) as watcher:
        await watcher.watch([post], after=page["eventCursor"])
        assert (await watcher.event())["post"]["likeCount"] == 2


@pytest.mark.parametrize("cursor", ["garbage", "AAAAAAAAAAAAAAAAAAAAAAA"])
async def test_an_unknown_cursor_requires_a_resync(
    address: str, database: Database, cursor: str
) -> None:
    async with websocket_client(address) as watcher:
        ready = await watcher.watch([1], after=cursor)
        assert (ready["__typename"], ready["resumed"]) == ("SubscriptionReady", False)
        required = await watcher.event()
        assert required == {
            "__typename": "ResyncRequired",
            "cursor": cursor,
            "reason": "CURSOR_UNKNOWN",
        }
        assert await watcher.receive() == {"type": "complete", "id": "1"}


async def test_an_expired_cursor_requires_a_resync(
    address: str, api: Api, database: Database
) -> None:
    author, fan = await signed_in(database, 2)
    (post,) = await create_posts(database, author.key)
    id = global_id("Post", post)
    async with websocket_client(address) as watcher:
        ready = await watcher.watch([post])
        await api.change(fan, "LikePost", postId=id)
        await api.change(fan, "UnlikePost", postId=id)
        await watcher.events(2)
    await database.write("DELETE FROM events WHERE kind = 'post_liked'")
    await database.write("UPDATE events SET created_at = now() - interval '2 days'")
    async with websocket_client(address) as watcher:
        await watcher.watch([post], after=ready["cursor"])
        assert (await watcher.event())["reason"] == "CURSOR_TOO_OLD"


class TestVisibility:
    """An event that the viewer could not query is not delivered."""

    @pytest.fixture
    async def cast(
        self, database: Database
    ) -> tuple[SignedInUser, SignedInUser, SignedInUser, SignedInUser]:
        viewer, author, actor, other = await signed_in(database, 4)
        return viewer, author, actor, other

    @pytest.mark.parametrize(
        "case", [*itertools.product(("blocks", "blocked"), ("actor", "author"))]
    )
    async def test_a_block_hides_both_ways_and_past_events(
        self,
        address: str,
        api: Api,
        database: Database,
        cast: tuple[SignedInUser, SignedInUser, SignedInUser, SignedInUser],
        case: tuple[str, str],
    ) -> None:
        direction, who = case
        viewer, author, actor, other = cast
        (post,) = await create_posts(database, author.key)
        id = global_id("Post", post)
        hidden = actor if who == "actor" else author
        async with (
            websocket_client(address, viewer.authorization) as watcher,
            websocket_client(address) as anybody,
        ):
            ready = await watcher.watch([post])
            await anybody.watch([post])
            await api.change(actor, "LikePost", postId=id)
            assert (await watcher.event())["actor"]["id"] == actor.id
            blocker, blocked = (viewer, hidden) if direction == "blocks" else (hidden, viewer)
            await api.change(blocker, "BlockUser", userId=blocked.id)
            await api.change(actor, "UnlikePost", postId=id)
            await api.change(other, "LikePost", postId=id)
            if who == "actor":
                # The next delivered event is the next visible one.
                assert (await watcher.event())["actor"]["id"] == other.id
            assert kinds(await anybody.events(3)) == ["PostLiked", "PostUnliked", "PostLiked"]
        async with (
            websocket_client(address, viewer.authorization) as later,
            websocket_client(address) as anybody,
        ):
            await anybody.watch([post])
            # What was missed is judged by what holds now, not by what held then.
            await later.watch([post], after=ready["cursor"])
            if who == "actor":
                assert (await later.event())["actor"]["id"] == other.id
            await api.change(other, "UnlikePost", postId=id)
            assert (await anybody.event())["__typename"] == "PostUnliked"
            if who == "actor":
                assert (await later.event())["__typename"] == "PostUnliked"
            await api.change(blocker, "UnblockUser", userId=blocked.id)
            await api.change(other, "LikePost", postId=id)
            assert (await later.event())["__typename"] == "PostLiked"

    async def test_a_mute_hides_a_users_interactions_but_not_a_watched_post(
        self,
        address: str,
        api: Api,
        database: Database,
        cast: tuple[SignedInUser, SignedInUser, SignedInUser, SignedInUser],
    ) -> None:
        viewer, author, actor, other = cast
        (post,) = await create_posts(database, author.key)
        id = global_id("Post", post)
        await api.change(viewer, "MuteUser", userId=actor.id)
        await api.change(viewer, "MuteUser", userId=author.id)
        async with websocket_client(address, viewer.authorization) as watcher:
            await watcher.watch([post])
            await api.change(actor, "LikePost", postId=id)
            await api.change(author, "LikePost", postId=id)
            await api.change(other, "LikePost", postId=id)
            await api.change(author, "EditPost", postId=id, text="New")
            assert kinds(await watcher.events(2)) == ["PostLiked", "PostEdited"]

    async def test_of_deleted_objects_only_the_deletion_is_sent(
        self,
        address: str,
        api: Api,
        database: Database,
        cast: tuple[SignedInUser, SignedInUser, SignedInUser, SignedInUser],
    ) -> None:
        _, author, actor, _ = cast
        (post,) = await create_posts(database, author.key)
        id = global_id("Post", post)
        async with websocket_client(address) as watcher:
            ready = await watcher.watch([post])
        await api.change(actor, "LikePost", postId=id)
        comment = await api.change(actor, "CreateComment", postId=id, text="Secret")
        await api.change(actor, "DeleteComment", commentId=comment["comment"]["id"])
        async with websocket_client(address) as watcher:
            await watcher.watch([post], after=ready["cursor"])
            assert kinds(await watcher.events(2)) == ["PostLiked", "CommentDeleted"]
        await api.change(author, "DeletePost", postId=id)
        async with websocket_client(address) as watcher:
            await watcher.watch([post], after=ready["cursor"])
            assert kinds(await watcher.events(1)) == ["PostDeleted"]

    async def test_a_revoked_session_ends_its_connections_and_no_others(
        self,
        address: str,
        api: Api,
        database: Database,
        cast: tuple[SignedInUser, SignedInUser, SignedInUser, SignedInUser],
    ) -> None:
        viewer, author, actor, other = cast
        (post,) = await create_posts(database, author.key)
        async with (
            websocket_client(address, viewer.authorization) as ending,
            websocket_client(address, other.authorization) as staying,
        ):
            await ending.watch([post])
            await staying.watch([post])
            await database.write(
                "UPDATE sessions SET revoked_at = now() WHERE id = $1", viewer.session_id
            )
            await api.change(actor, "LikePost", postId=global_id("Post", post))
            with pytest.raises(Closed) as closed:
                await ending.receive()
            assert closed.value.code == 4403
            assert (await staying.event())["__typename"] == "PostLiked"
        async with websocket_client(address) as later:
            await later.connection.close()
        with pytest.raises(Closed) as refused:
            async with websocket_client(address, viewer.authorization):
                pass
        assert refused.value.code == 4403

    async def test_access_ends_when_the_token_expires(
        self, address: str, database: Database
    ) -> None:
        (viewer,) = await signed_in(database, 1, lasts=4)
        async with websocket_client(address, viewer.authorization) as ending:
            await ending.watch([1])
            with pytest.raises(Closed) as closed:
                await ending.receive()
            assert closed.value.code == 4403


async def test_a_position_missing_in_a_new_log_requires_a_resync(
    address: str, api: Api, database: Database
) -> None:
    """A replica took over that had not got the newest event."""
    author, fan = await signed_in(database, 2)
    seen, other = await create_posts(database, author.key, 2)
    ids = [global_id("Post", post) for post in (seen, other)]
    async with websocket_client(address) as watcher, websocket_client(address) as witness:
        await witness.watch([other])
        await api.change(fan, "LikePost", postId=ids[1])
        await witness.event()
        await watcher.watch([seen])
        await api.change(fan, "LikePost", postId=ids[0])
        cursor = (await watcher.event())["cursor"]
        await database.write("DELETE FROM events WHERE post_id = $1", seen)
        required = await watcher.event()
        assert (required["__typename"], required["reason"]) == ("ResyncRequired", "CURSOR_UNKNOWN")
        await api.change(fan, "UnlikePost", postId=ids[1])
        assert (await witness.event())["__typename"] == "PostUnliked"
    async with websocket_client(address) as watcher:
        assert not (await watcher.watch([seen], after=cursor))["resumed"]
        assert (await watcher.event())["reason"] == "CURSOR_UNKNOWN"
