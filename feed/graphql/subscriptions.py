"""The viewer's home feed, live."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import strawberry

from core.graphql.live.subscription_messages import LIVE_TYPES, After, also_gives, served_live
from core.ids import global_id
from feed.graphql.home_feed_topic import FeedEntryGoneRow, FeedEntryRow
from feed.graphql.types import PostEdge


@strawberry.interface(description="Something that happened to the viewer's home feed.")
class HomeFeedEvent:
    cursor: str = strawberry.field(description="Names the event; for `after`. Opaque.")


also_gives(HomeFeedEvent)


@strawberry.type(
    description="A post stands in the feed: it was written or shared. If the client holds an entry of the same "
    "post, remove that one."
)
class FeedEntryAdded(HomeFeedEvent):
    edge: PostEdge = strawberry.field(description="The entry, as the feed has it.")
    is_newest: bool = strawberry.field(
        description="Whether the entry goes to the top. If not, it is a share that was taken back and made again "
        "within an hour: it stands where it stood before."
    )
    client_mutation_id: str | None = strawberry.field(
        description="The clientMutationId of the call that caused it, by which a client knows its own."
    )

    @classmethod
    def is_type_of(cls, value: object, _info: object) -> bool:
        return isinstance(value, FeedEntryRow)


@strawberry.type(description="A post no longer stands in the feed.")
class FeedEntryRemoved(HomeFeedEvent):
    @strawberry.field(description="The post.")
    @staticmethod
    def post_id(root: strawberry.Parent[FeedEntryGoneRow]) -> strawberry.ID:
        return strawberry.ID(global_id("Post", root.post_id))

    @classmethod
    def is_type_of(cls, value: object, _info: object) -> bool:
        return isinstance(value, FeedEntryGoneRow)


HOME_FEED_EVENT_TYPES = [FeedEntryAdded, FeedEntryRemoved, *LIVE_TYPES]


@strawberry.type
class FeedSubscription:
    @strawberry.subscription(
        description="What comes into the viewer's home feed and goes out of it. When the viewer follows, unfollows, "
        "blocks or mutes somebody the feed changes as a whole: query it again."
    )
    @staticmethod
    async def home_feed_events(
        after: After = None,  # noqa: ARG004  # the channel reads it
    ) -> AsyncGenerator[HomeFeedEvent, None]:
        """See HomeFeedChannel."""
        async for event in served_live():
            yield event
