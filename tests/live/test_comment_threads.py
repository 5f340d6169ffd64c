"""Subscribers keep a thread of comments up to date: edits, tombstones and counts of replies."""

from __future__ import annotations

import pytest

from core.database.database import Database
from core.ids import global_id
from tests.interactions.cast import create_posts
from tests.live.world import Api, signed_in, websocket_client

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

        # The tombstone goes with its last reply, and the event names what remains.
        await api.change(fan, "DeleteComment", commentId=third)
        deleted = await watcher.event()
        assert (deleted["deletedCommentId"], deleted["tombstone"]) == (third, None)
        assert deleted["parent"] == {"id": first, "replyCount": 0}

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
