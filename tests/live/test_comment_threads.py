"""Subscribers keep a thread of comments up to date: edits, tombstones and counts of replies."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AsyncExitStack

import pytest

from core.database.database import Database
from core.ids import global_id
from tests.interactions.cast import create_posts
from tests.live.world import Api, Json, WebSocketClient, signed_in, websocket_client

THREAD = """
subscription Thread($postIds: [ID!]!, $after: String) {
  postInteractions(postIds: $postIds, after: $after) {
    __typename cursor
    ... on CommentCreated { comment { id text parent { id replyCount } } post { id commentCount } }
    ... on CommentEdited { clientMutationId actor { id } comment { id text textSegments { text } editedAt } }
    ... on CommentDeleted {
      deletedCommentId tombstone { id isDeleted replyCount } parent { id replyCount } post { id commentCount }
    }
    ... on SubscriptionReady { resumed }
  }
}
"""
SHARED_THREAD = """
subscription Thread($postIds: [ID!]!) {
  postInteractions(postIds: $postIds) {
    __typename
    ... on CommentDeleted { deletedCommentId tombstone { id isDeleted } parent { id replyCount } }
    ... on CommentEdited { comment { id text editedAt } }
  }
}
"""


async def test_a_thread_is_kept_up_to_date(address: str, api: Api, database: Database) -> None:
    author, fan = await signed_in(database, 2)
    (post,) = await create_posts(database, author.key)
    id = global_id("Post", post)
    async with websocket_client(address, author.authorization) as watcher:
        await watcher.subscribe("1", THREAD, postIds=[id])
        assert (await watcher.event())["__typename"] == "SubscriptionReady"
        keys: list[str] = []
        for text, parent in (("a", None), ("b", 0), ("c", 1)):
            parent_id = None if parent is None else keys[parent]
            made = await api.change(fan, "CreateComment", postId=id, text=text, parentId=parent_id)
            keys.append(made["comment"]["id"])
            created = await watcher.event()
            above = None if parent_id is None else {"id": parent_id, "replyCount": 1}
            assert (created["comment"]["id"], created["comment"]["parent"]) == (keys[-1], above)
            assert created["post"] == {"id": id, "commentCount": len(keys)}
        first, second, third = keys

        await api.change(fan, "EditComment", commentId=third, text="#c!", clientMutationId="k")
        edited = await watcher.event()
        assert (edited["__typename"], edited["clientMutationId"]) == ("CommentEdited", "k")
        assert edited["actor"]["id"] == fan.id
        assert edited["comment"]["textSegments"] == [{"text": "#c"}, {"text": "!"}]
        assert edited["comment"]["editedAt"] is not None

        await api.change(fan, "DeleteComment", commentId=second)
        deleted = await watcher.event()
        assert deleted["deletedCommentId"] == second
        assert deleted["tombstone"] == {"id": second, "isDeleted": True, "replyCount": 1}
        assert deleted["parent"] == {"id": first, "replyCount": 1}
        assert deleted["post"] == {"id": id, "commentCount": 2}

        # The tombstone goes with its last reply, and the events name what remains.
        await api.change(fan, "DeleteComment", commentId=third)
        for gone in (third, second):
            deleted = await watcher.event()
            assert (deleted["deletedCommentId"], deleted["tombstone"]) == (gone, None)
            assert deleted["parent"] == {"id": first, "replyCount": 0}
            assert deleted["post"] == {"id": id, "commentCount": 1}

        await api.change(fan, "DeleteComment", commentId=first)
        deleted = await watcher.event()
        assert (deleted["tombstone"], deleted["parent"]) == (None, None)
        assert deleted["post"] == {"id": id, "commentCount": 0}


@pytest.mark.parametrize("document", [THREAD, SHARED_THREAD])
async def test_the_comment_above_is_hidden_from_who_may_not_see_it(
    address: str, api: Api, database: Database, document: str
) -> None:
    author, fan, blocked = await signed_in(database, 3)
    (post,) = await create_posts(database, author.key)
    id = global_id("Post", post)
    above = (await api.change(fan, "CreateComment", postId=id, text="a"))["comment"]["id"]
    values = {"postId": id, "text": "b", "parentId": above}
    reply = (await api.change(author, "CreateComment", **values))["comment"]["id"]
    await api.change(fan, "BlockUser", userId=blocked.id)
    async with (
        websocket_client(address, author.authorization) as seeing,
        websocket_client(address, blocked.authorization) as blind,
        websocket_client(address) as anonymous,
    ):
        for watcher in (seeing, blind, anonymous):
            await watcher.subscribe("1", document, postIds=[id])
            await watcher.event()
        await api.change(fan, "EditComment", commentId=above, text="edited")
        await api.change(author, "DeleteComment", commentId=reply)
        for watcher in (seeing, anonymous):
            edited, deleted = await watcher.events(2)
            assert edited["comment"]["text"] == "edited"
            assert deleted["parent"] == {"id": above, "replyCount": 0}
        deleted = await blind.event()
        assert (deleted["deletedCommentId"], deleted["parent"]) == (reply, None)


LISTED = "edges { node { id isDeleted %s } }"
LISTS = LISTED % "replies(first: 9) { %s }"
COMMENTS = LISTS % (LISTS % (LISTED % ""))
DELETIONS = """
subscription($ids: [ID!]!, $after: String) { postInteractions(postIds: $ids, after: $after) {
  __typename
  ... on SubscriptionReady { cursor }
  ... on CommentDeleted {
    clientMutationId actor { id username } deletedCommentId parent { id }
    tombstone { id isDeleted parent { id } replies(first: 9) { edges { node { id isDeleted } } } }
  }
} }
"""


class Thread:
    """The comments that a client holds of a post, kept by a query and events."""

    def __init__(self, client: WebSocketClient, post: str) -> None:
        self.client = client
        self.post = post
        self.held: dict[str, bool] = {}
        self.deletions: list[Json] = []

    async def query(self) -> dict[str, bool]:
        """The comments that a query shows, by id: whether each is a tombstone."""
        query = f"query($post: ID!) {{ post(id: $post) {{ comments(first: 9) {{ {COMMENTS} }} }} }}"
        await self.client.subscribe("query", query, post=self.post)
        found = await self.client.event()
        assert (await self.client.receive())["type"] == "complete"
        return dict(self._listed(found["comments"]))

    async def begin(self, after: str | None = None) -> str:
        """Subscribes, and queries if nothing is held yet. Returns the cursor of the beginning."""
        await self.client.subscribe("1", DELETIONS, ids=[self.post], after=after)
        ready = await self.client.event()
        assert ready["__typename"] == "SubscriptionReady"
        if not self.held:
            self.held = await self.query()
        return str(ready["cursor"])

    async def go_on(self, edits: int = 1) -> None:
        """Applies the events up to the last of so many edits of the post."""
        while edits:
            event = await self.client.event()
            if event["__typename"] == "PostEdited":
                edits -= 1
                continue
            self.deletions.append(event)
            self.held.pop(event["deletedCommentId"], None)
            if tombstone := event["tombstone"]:
                self.held[tombstone["id"]] = tombstone["isDeleted"]
                self.held.update(self._listed(tombstone["replies"]))

    def _listed(self, comments: Json) -> Iterator[tuple[str, bool]]:
        for edge in comments["edges"]:
            node = edge["node"]
            yield node["id"], node["isDeleted"]
            yield from self._listed(node.get("replies", {"edges": []}))


async def test_a_list_that_is_kept_by_events_is_that_of_a_query(
    address: str, api: Api, database: Database
) -> None:
    """Also for whom a block hides the author of what goes; a mute hides the events of the muted."""
    author, fan, blocked, blocker = await signed_in(database, 4)
    (key,) = await create_posts(database, author.key)
    post = global_id("Post", key)
    comments: list[str] = []
    thread = ((fan, None), (author, 0), (fan, 1), (author, None), (fan, 3), (fan, 4))
    for user, parent in thread:
        parent_id = None if parent is None else comments[parent]
        values = {"postId": post, "text": "x", "parentId": parent_id}
        comments.append((await api.change(user, "CreateComment", **values))["comment"]["id"])
    await api.change(fan, "BlockUser", userId=blocked.id)
    await api.change(blocker, "BlockUser", userId=fan.id)
    a, b, c, _, e, f = comments
    steps = ((fan, a), (fan, e), (fan, f), (author, b), (fan, c))
    viewers = {"author": author, "fan": fan, "blocked": blocked, "blocker": blocker}
    async with AsyncExitStack() as stack:
        threads: dict[str, Thread] = {}
        later: dict[str, Thread] = {}
        starts: dict[str, str] = {}
        for name in (*viewers, "anonymous"):
            authorization = viewers[name].authorization if name in viewers else None
            for kept in (threads, later):
                opened = websocket_client(address, authorization)
                kept[name] = Thread(await stack.enter_async_context(opened), post)
            later[name].held = await later[name].query()
            starts[name] = await threads[name].begin()
        for number, (user, comment) in enumerate(steps):
            await api.change(user, "DeleteComment", commentId=comment, clientMutationId="secret")
            await api.change(author, "EditPost", postId=post, text=f"After {number}.")
            for name, kept_live in threads.items():
                await kept_live.go_on()
                assert kept_live.held == await kept_live.query(), (name, number)
        for name, resumed in later.items():
            await resumed.begin(starts[name])
            await resumed.go_on(len(steps))
            assert resumed.held == await resumed.query(), name

    gone = [event["deletedCommentId"] for event in threads["anonymous"].deletions]
    assert gone == [a, e, f, e, b, c, b, a]
    assert [event["clientMutationId"] for event in threads["author"].deletions] == [
        *("secret", "secret", "secret", None),
        *("secret", "secret", None, None),
    ]
    for name in ("blocked", "blocker"):
        # Of what they never saw, nothing; and of who caused the rest, nothing.
        seen = threads[name].deletions
        assert [event["deletedCommentId"] for event in seen] == [a, e, e, b, b, a], name
        names = [event["actor"]["username"] for event in seen]
        assert names == ["deleted", "deleted", "deleted", "p1", "deleted", "deleted"]
        assert fan.id not in str(seen)
        assert [
            event["clientMutationId"] for event in seen if event["actor"]["id"] != author.id
        ] == [None] * 5
