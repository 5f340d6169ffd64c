"""After a share is deleted and repeated, pages, counts of new entries and events agree."""

from __future__ import annotations

import asyncio
from typing import Any

import orjson
import pytest

from core.database.database import Database
from core.ids import global_id, key_of
from interactions.statements import SQL
from tests.interactions.cast import create_posts
from tests.live.world import Api, Json, SignedInUser, WebSocketClient, signed_in, websocket_client
from tests.query_plans import plan_nodes

LIVE = """
subscription Home($after: String) { homeFeedEvents(after: $after) { __typename
  ... on FeedEntryAdded { isNewest edge { cursor node { id text } sharedBy { id } } }
  ... on FeedEntryRemoved { postId } } }
"""


class HomeFeedModel:
    """A client's home feed: what it read, and what the events made of it."""

    def __init__(self, page: Json) -> None:
        self.entries = [entry_of(edge) for edge in page["edges"]]

    def apply(self, event: Json) -> None:
        if event["__typename"] == "FeedEntryRemoved":
            self.entries = [entry for entry in self.entries if entry[0] != event["postId"]]
        elif event["isNewest"]:
            entry = entry_of(event["edge"])
            rest = [other for other in self.entries if other[0] != entry[0]]
            self.entries = [entry, *rest]


def entry_of(edge: Json) -> tuple[str, str | None]:
    return edge["node"]["id"], edge["sharedBy"] and edge["sharedBy"]["id"]


class Scene:
    """A viewer who follows two users; each shared a stranger's post, and one wrote a post since."""

    def __init__(self, api: Api, database: Database) -> None:
        self.api = api
        self.database = database

    async def make(self) -> None:
        self.viewer, self.one, self.other, self.stranger = await signed_in(self.database, 4)
        for followee in (self.one, self.other):
            await self.api.change(self.viewer, "FollowUser", userId=followee.id)
        self.first, self.second = (
            global_id("Post", key)
            for key in await create_posts(self.database, self.stranger.key, 2)
        )
        await self.api.change(self.one, "SharePost", postId=self.first)
        await self.api.change(self.other, "SharePost", postId=self.second)
        await self.api.change(self.one, "CreatePost", text="Since then")

    async def page(self) -> Json:
        return await self.api.do(self.viewer, "HomeFeed")

    async def entries(self) -> list[tuple[str, str | None]]:
        return [entry_of(edge) for edge in (await self.page())["edges"]]

    async def newer_than(self, cursor: str) -> list[tuple[str, str | None]]:
        page = await self.api.do(self.viewer, "HomeFeed", first=None, last=50, before=cursor)
        return [entry_of(edge) for edge in page["edges"]]

    async def again(self, sharer: SignedInUser, post: str) -> None:
        await self.api.change(sharer, "UnsharePost", postId=post)
        await self.api.change(sharer, "SharePost", postId=post)


@pytest.fixture
async def scene(api: Api, database: Database) -> Scene:
    made = Scene(api, database)
    await made.make()
    return made


async def watch(home: WebSocketClient, after: str | None = None) -> None:
    await home.subscribe("home", LIVE, after=after)
    assert (await home.event())["__typename"] == "SubscriptionReady"


async def until_last_word(home: WebSocketClient) -> list[Json]:
    """The events up to the marking post, which is one of them."""
    found = [await home.event()]
    while found[-1].get("edge", {}).get("node", {}).get("text") != "The last word.":
        found.append(await home.event())
    return found


@pytest.mark.parametrize("resumes", [False, True])
async def test_pages_updates_and_events_agree(address: str, scene: Scene, resumes: bool) -> None:
    before = await scene.page()
    # Cursors at every place, also right at the shares, where all is recent.
    cursors = [edge["cursor"] for edge in before["edges"]]
    async with websocket_client(address, scene.viewer.authorization) as home:
        if not resumes:
            await watch(home, before["eventCursor"])
        for _ in range(5):
            await scene.again(scene.one, scene.first)
            await scene.again(scene.other, scene.second)
        assert await scene.entries() == [entry_of(edge) for edge in before["edges"]]
        for newer, cursor in enumerate(cursors):
            updates = await scene.api.do(scene.viewer, "HomeFeedUpdates", since=cursor)
            assert updates == {"count": newer, "capped": False}
            assert await scene.newer_than(cursor) == (await scene.entries())[:newer]
        await scene.api.change(scene.viewer, "CreatePost", text="The last word.")
        if resumes:
            await watch(home, before["eventCursor"])
        *received, last = await until_last_word(home)
    assert last["isNewest"]
    again = [event for event in received if event["__typename"] == "FeedEntryAdded"]
    assert again
    # An entry that is removed before its delivery may be left out; the last event of each post adds it.
    assert {
        event.get("postId") or event["edge"]["node"]["id"]: event["__typename"]
        for event in received
    } == {
        scene.first: "FeedEntryAdded",
        scene.second: "FeedEntryAdded",
    }
    places = {entry_of(edge): edge for edge in before["edges"]}
    for event in again:
        assert event["isNewest"] is False
        # Its cursor is the old place: what is newer than it is what was.
        updates = await scene.api.do(scene.viewer, "HomeFeedUpdates", since=event["edge"]["cursor"])
        assert updates["count"] == 1 + list(places).index(entry_of(event["edge"]))


async def test_a_share_under_a_newer_one_sends_no_event(address: str, scene: Scene) -> None:
    """Another's newer share holds the entry, so one that is made again below it changes nothing."""
    await scene.api.change(scene.other, "SharePost", postId=scene.first)
    before = await scene.page()
    model = HomeFeedModel(before)
    async with websocket_client(address, scene.viewer.authorization) as home:
        await watch(home, before["eventCursor"])
        await scene.again(scene.one, scene.first)
        await scene.api.change(scene.one, "CreatePost", text="The last word.")
        received = await until_last_word(home)
    for event in received:
        model.apply(event)
    assert len(received) == 1
    assert model.entries == await scene.entries()
    assert model.entries[1] == (scene.first, scene.other.id)


@pytest.mark.parametrize("attempt", range(3))
async def test_two_users_share_again_concurrently(address: str, scene: Scene, attempt: int) -> None:
    """They keep their places, whichever commits first; a share that is requested twice is created once."""
    await scene.api.change(scene.other, "SharePost", postId=scene.first)
    before = await scene.page()
    sharers = [scene.one, scene.other]
    async with websocket_client(address, scene.viewer.authorization) as home:
        await watch(home, before["eventCursor"])
        for sharer in sharers:
            await scene.api.change(sharer, "UnsharePost", postId=scene.first)
        answers: list[Any] = await asyncio.gather(
            *(scene.api.change(sharer, "SharePost", postId=scene.first) for sharer in sharers * 2)
        )
        assert sorted(answer["changed"] for answer in answers) == [False, False, True, True]
        assert await scene.entries() == [entry_of(edge) for edge in before["edges"]]
        updates = await scene.api.do(
            scene.viewer, "HomeFeedUpdates", since=before["edges"][0]["cursor"]
        )
        assert updates["count"] == 0
        await scene.api.change(scene.viewer, "CreatePost", text="The last word.")
        *received, _ = await until_last_word(home)
    added = [event for event in received if event["__typename"] == "FeedEntryAdded"]
    assert added
    assert not any(event["isNewest"] for event in added)
    # The last event has the place that pages show.
    assert entry_of(added[-1]["edge"]) == (scene.first, scene.other.id)
    rows = await scene.database.fetch("SELECT count(*), count(DISTINCT id) FROM shares")
    assert tuple(rows[0]) == (3, 3)


async def test_an_unseen_share_appears_on_the_next_page(scene: Scene) -> None:
    """It is committed late, taken back and made again between two looks of a reader."""
    (late,) = await create_posts(scene.database, scene.stranger.key)
    async with scene.database.connection() as connection:
        transaction = connection.transaction()
        await transaction.start()
        await connection.execute(
            "INSERT INTO shares (user_id, post_id) VALUES ($1, $2)", scene.one.key, late
        )
        await connection.execute("UPDATE posts SET share_count = 1 WHERE id = $1", late)
        await connection.execute(
            "INSERT INTO events (kind, actor_id, post_id) VALUES ('post_shared', $1, $2)",
            *(scene.one.key, late),
        )
        await scene.api.change(scene.other, "CreatePost", text="Above it")
        cursor = (await scene.page())["edges"][0]["cursor"]
        await transaction.commit()
    await scene.again(scene.one, global_id("Post", late))
    assert await scene.newer_than(cursor) == [(global_id("Post", late), scene.one.id)]


async def test_sharing_again_reads_few_rows(scene: Scene) -> None:
    """The sharer's newest events are read from the end of an index, 1,000 at most, of many in the log."""
    await scene.api.change(scene.other, "UnsharePost", postId=scene.second)
    async with scene.database.connection() as connection:
        await connection.execute(
            "INSERT INTO events (kind, actor_id, post_id) "
            "SELECT 'post_shared', CASE WHEN n % 10 = 0 THEN $1::bigint ELSE n END, n "
            "FROM generate_series(1, 50000) n",
            scene.one.key,
        )
        await connection.execute("ANALYZE events")
        for sharer, rows in ((scene.one, 1_000), (scene.other, 2)):
            arguments = (f"{{{sharer.key}}}", f"{{{key_of('Post', scene.second)}}}", [None])
            [[text]] = await connection.fetch(
                "EXPLAIN (ANALYZE, FORMAT JSON, TIMING OFF) " + SQL.reaction_create["share"],
                *arguments,
            )
            nodes = [*plan_nodes(orjson.loads(text)[0]["Plan"])]
            read = [node for node in nodes if node.get("Relation Name") == "events"]
            [scan] = [node for node in read if "Scan" in node["Node Type"]]
            assert scan["Index Name"] == "events_of_actor", scan
            assert scan["Scan Direction"] == "Backward", scan
            assert scan["Actual Rows"] == rows
            sorts = [node["Actual Rows"] for node in nodes if node["Node Type"] == "Sort"]
            assert max(sorts) <= 2, sorts
