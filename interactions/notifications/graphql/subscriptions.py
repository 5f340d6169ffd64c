"""The subscription to the viewer's notifications."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from datetime import datetime
from functools import partial

import strawberry

from core.accounts.graphql.account import CappedCount
from core.events import event_types
from core.graphql.live.subscription_messages import (
    EVENT_CURSOR,
    LIVE_TYPES,
    After,
    add_subscription_messages,
    delivered_by_topic,
    of_kind,
)
from core.graphql.node import ID_BOUND
from core.ids import global_id
from interactions.notifications.graphql.notification_topic import NotificationEventRow
from interactions.notifications.graphql.types import Notification

UNSEEN = "How many notifications the viewer has not seen."


@strawberry.interface(description="A change of the viewer's notifications.")
class NotificationEvent:
    cursor: str = strawberry.field(description=EVENT_CURSOR)


add_subscription_messages(NotificationEvent)


_is = partial(of_kind, NotificationEventRow)
"""An `is_type_of` for events of a kind."""


@strawberry.type(
    description="A notification is new or has moved to the top. It replaces one with the same id in the client's list."
)
class NotificationAdded(NotificationEvent):
    notification: Notification = strawberry.field(description="The notification.")
    unseen: CappedCount = strawberry.field(description=UNSEEN)

    is_type_of = _is(event_types.NOTIFICATION_ADDED)


@strawberry.type(
    description="A notification has changed but keeps its place: one of several actors has undone the action, or a "
    "block, a mute or another change of who sees what hides or shows one. A client that does not have it inserts it by "
    "its `latestAt`, if it has loaded the notifications around it."
)
class NotificationChanged(NotificationEvent):
    notification: Notification = strawberry.field(description="The notification.")
    unseen: CappedCount = strawberry.field(description=UNSEEN)

    is_type_of = _is(event_types.NOTIFICATION_CHANGED)


@strawberry.type(
    description="A notification was withdrawn, or is hidden now. A client that does not have it ignores the event."
)
class NotificationRemoved(NotificationEvent):
    unseen: CappedCount = strawberry.field(description=UNSEEN)

    is_type_of = _is(event_types.NOTIFICATION_REMOVED)

    @strawberry.field(description=f"The notification's id, {ID_BOUND}.")
    @staticmethod
    def notification_id(root: strawberry.Parent[NotificationEventRow]) -> strawberry.ID:
        return strawberry.ID(global_id("Notification", root.key))


@strawberry.type(description="The viewer has marked notifications as seen, on any device.")
class NotificationsSeen(NotificationEvent):
    seen_through: datetime = strawberry.field(
        description="Every notification with `latestAt` up to here is seen."
    )
    unseen: CappedCount = strawberry.field(description=UNSEEN)

    is_type_of = _is(event_types.NOTIFICATIONS_SEEN)


NOTIFICATION_EVENT_TYPES = [
    NotificationAdded,
    NotificationChanged,
    NotificationRemoved,
    NotificationsSeen,
    *LIVE_TYPES,
]


@strawberry.type
class NotificationsSubscription:
    @strawberry.subscription(
        description="Changes of the viewer's notifications. Requires an access token."
    )
    @staticmethod
    async def notification_events(
        after: After = None,  # noqa: ARG004  # the topic reads it
    ) -> AsyncGenerator[NotificationEvent, None]:
        """See NotificationTopic."""
        async for event in delivered_by_topic():
            yield event
