"""The subscription to the viewer's home feed."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import strawberry

from core.execution import InstancesOf
from core.graphql.live.subscription_messages import (
    CAUSED_BY,
    EVENT_CURSOR,
    LIVE_TYPES,
    After,
    add_subscription_messages,
    delivered_by_topic,
)
from core.graphql.node import ID_BOUND
from core.ids import global_id
from feed.graphql.home_feed_topic import (
    FeedEntryAddedRow,
    FeedEntryRemovedRow,
    HomeFeedChangedRow,
)
from feed.graphql.types import PostEdge


@strawberry.interface(description="A change of the viewer's home feed.")
class HomeFeedEvent:
    cursor: str = strawberry.field(description=EVENT_CURSOR)


add_subscription_messages(HomeFeedEvent)


@strawberry.type(
    description=(
        "A post was added to the feed because it was written or shared, or its entry fell back to"
        " an older reason because the newest share was withdrawn. A client that has"
        " another entry of the post removes that entry."
    )
)
class FeedEntryAdded(HomeFeedEvent):
    edge: PostEdge = strawberry.field(description="The feed's entry.")
    is_newest: bool = strawberry.field(
        description=(
            "Whether the entry belongs at the top of the feed. If false, it belongs where its cursor is: "
            "a share was withdrawn and repeated within an hour, so that the entry keeps its former "
            "place, or withdrawn while an older reason for the post remains."
        )
    )
    client_mutation_id: str | None = strawberry.field(description=CAUSED_BY)

    is_type_of = InstancesOf(FeedEntryAddedRow)


@strawberry.type(description="A post was removed from the feed.")
class FeedEntryRemoved(HomeFeedEvent):
    @strawberry.field(description=f"The post's id, {ID_BOUND}.")
    @staticmethod
    def post_id(root: strawberry.Parent[FeedEntryRemovedRow]) -> strawberry.ID:
        return strawberry.ID(global_id("Post", root.post_id))

    is_type_of = InstancesOf(FeedEntryRemovedRow)


@strawberry.type(
    description=(
        "The feed changed as a whole: query it again. The viewer followed, unfollowed, blocked, unblocked, muted or "
        "unmuted a user, on any device, or was accepted or removed as a follower; or posts in it were hidden or shown: "
        "an author's account was deleted, restored, or became private or public, an author blocked or unblocked the "
        "viewer, or an edit or deletion ended or began a mention of the viewer. One event may stand for several such "
        "changes."
    )
)
class HomeFeedChanged(HomeFeedEvent):
    is_type_of = InstancesOf(HomeFeedChangedRow)


HOME_FEED_EVENT_TYPES = [FeedEntryAdded, FeedEntryRemoved, HomeFeedChanged, *LIVE_TYPES]


@strawberry.type
class FeedSubscription:
    @strawberry.subscription(
        description=(
            "Entries added to and removed from the viewer's home feed, and `HomeFeedChanged` when "
            "all of it has to be queried again. Requires an access token."
        )
    )
    @staticmethod
    async def home_feed_events(
        after: After = None,  # noqa: ARG004  # the topic reads it
    ) -> AsyncGenerator[HomeFeedEvent, None]:
        """See HomeFeedTopic."""
        async for event in delivered_by_topic():
            yield event
