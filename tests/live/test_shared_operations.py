"""A shared execution gives each subscriber the payload of a single one."""

from __future__ import annotations

import gc
from weakref import ref

import pytest

from core.config.schema import graphql_schema
from core.database.database import Database
from core.graphql.document import DocumentOperation
from core.graphql.document_store import DocumentStore
from core.graphql.limits.limits import Limits
from core.graphql.live.shared_operations import LiveOperations
from core.ids import global_id
from interactions.graphql.post_topic import PUBLIC_FIELDS
from tests.interactions.cast import create_posts
from tests.live.world import Api, operation, signed_in, websocket_client
from tests.metrics import metric_value

ROOT = "{ postInteractions(postIds: $ids, after: $after) { cursor ... on PostLiked { actor { username } "
SHARED = (
    "subscription($ids: [ID!]!, $after: String, $with: Boolean = true) "
    f"{ROOT} post {{ likeCount @include(if: $with) }} }} }} }}"
)
PERSONAL = f"subscription($ids: [ID!]!, $after: String) {ROOT} post {{ likeCount viewerHasLiked }} }} }} }}"


def known(text: str) -> DocumentOperation:
    return DocumentStore(graphql_schema, Limits()).by_text(text).operation(None)


@pytest.fixture
def operations() -> LiveOperations:
    return LiveOperations(graphql_schema, PUBLIC_FIELDS)


@pytest.mark.parametrize(
    ("selection", "is_shared"),
    [
        ("__typename cursor", True),
        ("... on PostLiked { post { id likeCount author { username } } }", True),
        ("... on PostLiked { post { viewerHasLiked } }", False),
        ("... on PostLiked { actor { viewerIsFollowing } }", False),
        ("... on PostLiked { post { comments(first: 1) { edges { node { id } } } } }", False),
        ("... on CommentCreated { comment { text author { username } } }", True),
        ("... on CommentCreated { comment { replies(first: 1) { edges { cursor } } } }", False),
        ("... on CommentCreated { comment { post { id } } }", False),
        ("...Deep", False),
    ],
)
def test_only_public_selections_are_shared(
    operations: LiveOperations, selection: str, is_shared: bool
) -> None:
    text = f"subscription {{ postInteractions(postIds: []) {{ {selection} }} }}"
    if "Deep" in selection:
        text += (
            " fragment Deep on PostInteraction { ... on PostLiked { post { viewerHasShared } } }"
        )
    assert operations.shape(known(text)).is_shared is is_shared


def test_other_operations_of_the_document_are_ignored(operations: LiveOperations) -> None:
    file = operation("PostInteractions") + "query Other { viewer { viewerIsFollowing } }"
    found = DocumentStore(graphql_schema, Limits()).by_text(file).operation("PostInteractions")
    assert operations.shape(found).is_shared


def test_variables_that_only_select_events_do_not_prevent_sharing(
    operations: LiveOperations,
) -> None:
    same = known(SHARED)
    one = operations.find(same, {"ids": ["a"], "after": "x", "with": True})
    assert operations.find(same, {"ids": ["b"], "with": True}) is one
    assert operations.find(same, {"ids": ["a"], "with": False}) is not one
    assert len(operations) == 1  # the other has no subscriber
    del one
    assert len(operations) == 0


def test_what_is_known_of_an_operation_does_not_keep_it(operations: LiveOperations) -> None:
    evicted = known(PERSONAL)
    operations.shape(evicted)
    kept = ref(evicted)
    del evicted
    gc.collect()
    assert kept() is None


async def test_shared_and_single_executions_give_equal_payloads(
    address: str, api: Api, database: Database
) -> None:
    author, fan, viewer = await signed_in(database, 3)
    post, other = await create_posts(database, author.key, 2)
    id = global_id("Post", post)

    def executions(by: str) -> float:
        name = "feed_subscription_executions_total"
        return metric_value(name, field="postInteractions", shared_by=by)

    async with (
        websocket_client(address) as first,
        websocket_client(address, viewer.authorization) as second,
        websocket_client(address, viewer.authorization) as third,
        websocket_client(address, fan.authorization) as fourth,
    ):
        for watcher, query, ids in (
            (first, SHARED, [id]),
            (second, SHARED, [id, global_id("Post", other)]),
            (third, PERSONAL, [id]),
            (fourth, PERSONAL, [id]),
        ):
            await watcher.subscribe("1", query, ids=ids)
            assert "cursor" in (await watcher.event())
        # A subscriber that has received a live event is live.
        await api.change(fan, "SharePost", postId=id)
        for watcher in (first, second, third, fourth):
            assert "cursor" in (await watcher.event())
        before = executions("all"), executions("one")
        await api.change(fan, "LikePost", postId=id)
        shared = [await watcher.event() for watcher in (first, second)]
        single = [await watcher.event() for watcher in (third, fourth)]
        assert (executions("all") - before[0], executions("one") - before[1]) == (1, 2)
    assert shared[0] == shared[1]
    assert [event["post"].pop("viewerHasLiked") for event in single] == [False, True]
    assert single == shared
