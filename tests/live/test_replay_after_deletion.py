"""Events replayed after a deletion: every field has a value, or the event is omitted."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from functools import cache

import pytest
from graphql import GraphQLInterfaceType, get_named_type, parse, validate

from core.config.schema import graphql_schema
from core.database.database import Database
from core.ids import key_of
from tests.contract.entry_points import selection
from tests.interactions.cast import accounts_erase, hide_account
from tests.live.world import Api, Json, SignedInUser, signed_in, websocket_client

LAST = {
    "postInteractions": "... on PostEdited { post { text } }",
    "homeFeedEvents": "... on FeedEntryAdded { edge { node { text } } }",
}
"""By root field, how to know the last event. Notifications are missing: the worker, which writes them, does not run."""
DELETED = [
    *("nothing", "actor", "actor, hidden", "author", "author, hidden", "post", "comment"),
    *("actor's own post", "all users"),
]


class History:
    """An author, a user who has done all that gives events on the author's post, and a viewer of both."""

    def __init__(self, api: Api, database: Database) -> None:
        self.api = api
        self.database = database

    async def make(self) -> None:
        self.viewer, self.author, self.actor = await signed_in(self.database, 3)
        for followee in (self.author, self.actor):
            await self.api.change(self.viewer, "FollowUser", userId=followee.id)
        self.post = await self.write(self.author)
        self.watched = await self.write(self.viewer)
        self.after = (await self.api.do(self.viewer, "HomeFeed"))["eventCursor"]
        on_post = {"postId": self.post}
        for name in ("LikePost", "UnlikePost", "LikePost", "SharePost", "UnsharePost", "SharePost"):
            await self.api.change(self.actor, name, **on_post)
        self.comment, deleted = [
            (await self.api.change(self.actor, "CreateComment", text="Hm.", **on_post))["comment"][
                "id"
            ]
            for _ in range(2)
        ]
        await self.api.change(self.actor, "DeleteComment", commentId=deleted)
        await self.api.change(
            self.author, "CreateComment", parentId=self.comment, text="Oh?", **on_post
        )
        await self.api.change(self.author, "EditPost", text="Another text.", **on_post)
        self.own = await self.write(self.actor)
        await self.api.change(self.author, "LikePost", postId=self.own)
        await self.api.change(self.actor, "DeletePost", postId=await self.write(self.actor))

    async def write(self, author: SignedInUser) -> str:
        made = await self.api.change(author, "CreatePost", text="Some text.")
        return str(made["post"]["id"])

    async def delete(self, what: str) -> None:
        for name, user in (("actor", self.actor), ("author", self.author)):
            if what in {name, f"{name}, hidden", "all users"}:
                await hide_account(self.database, user.key)
        if "hidden" not in what:
            await accounts_erase(self.database)
        if what == "post":
            await self.api.change(self.author, "DeletePost", postId=self.post)
        if what == "actor's own post":
            await self.api.change(self.actor, "DeletePost", postId=self.own)
        if what == "comment":
            await self.api.change(self.actor, "DeleteComment", commentId=self.comment)

    async def end(self) -> None:
        """The last event of either subscription."""
        await self.api.change(self.viewer, "EditPost", postId=self.watched, text="The last word.")
        await self.api.change(self.viewer, "CreatePost", text="The last word.")

    async def replay(self, address: str, document: str) -> AsyncGenerator[Json, None]:
        """The events; that none of them has an error is asserted where they are read."""
        variables: Json = {"after": self.after}
        if "$postIds" in document:
            variables["postIds"] = [self.post, self.watched, self.own]
        async with websocket_client(address, self.viewer.authorization) as watcher:
            await watcher.subscribe("all", document, **variables)
            assert (await watcher.event())["__typename"] == "SubscriptionReady"
            while True:
                yield await watcher.event()


@pytest.fixture
async def history(api: Api, database: Database) -> History:
    made = History(api, database)
    await made.make()
    return made


def subscription(root: str, selected: str, *fragments: str) -> str:
    watches = root == "postInteractions"
    declared = "$after: String, $postIds: [ID!]!" if watches else "$after: String"
    passed = "after: $after, postIds: $postIds" if watches else "after: $after"
    text = " ".join([f"subscription All({declared}) {{ {root}({passed}) {selected} }}", *fragments])
    assert validate(graphql_schema, parse(text)) == []
    return text


@cache
def documents() -> list[tuple[str, str]]:
    """Root field and a subscription that selects all that one kind of event has, for each kind."""
    assert graphql_schema.subscription_type is not None
    found = []
    for root in LAST:
        field = graphql_schema.subscription_type.fields[root]
        interface = get_named_type(field.type)
        assert isinstance(interface, GraphQLInterfaceType)
        for member in graphql_schema.get_possible_types(interface):
            fragments: dict[str, str] = {}
            selected = selection(field, 2, fragments, member.name)
            found.append((root, subscription(root, selected, *fragments.values())))
    return found


@pytest.mark.parametrize("deleted", DELETED)
async def test_every_field_can_be_replayed(address: str, history: History, deleted: str) -> None:
    await history.delete(deleted)
    await history.end()
    last: dict[str, str] = {}
    for root, known_by in LAST.items():
        selected = f"{{ __typename cursor {known_by} }}"
        async with aclosing(history.replay(address, subscription(root, selected))) as events:
            async for event in events:
                if "The last word." in str(event):
                    last[root] = event["cursor"]
                    break
    received = set()
    for root, document in documents():
        async with aclosing(history.replay(address, document)) as events:
            async for event in events:
                received.add(event["__typename"])
                if deleted in {"actor", "all users"}:
                    assert_names_no_more(event.get("actor"), history.actor)
                if event["cursor"] == last[root]:
                    break
    assert {"PostEdited", "FeedEntryAdded"} <= received
    if deleted == "nothing":
        assert {"PostLiked", "PostUnliked", "PostShared", "CommentCreated"} <= received
    if deleted in {"post", "author", "all users"}:
        assert {"PostDeleted", "FeedEntryRemoved"} <= received
    if deleted == "actor":
        assert {"PostUnliked", "PostUnshared", "CommentDeleted"} <= received


def assert_names_no_more(shown: Json | None, deleted: SignedInUser) -> None:
    """Of a deleted account the id is left, with values that say nothing."""
    if shown is not None and key_of("User", shown["id"]) == deleted.key:
        assert (shown["username"], shown["bio"]) == ("deleted", "")
        counts = ("followerCount", "followingCount", "postCount")
        assert [shown[name] for name in counts] == [0, 0, 0]
        assert shown["followers"]["edges"] == []
