"""The topic of `notificationEvents`: changes of viewers' notifications, as the rule shows them now."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import ClassVar, NamedTuple

from core.accounts.selectors import Capped
from core.events import event_types
from core.events.event_log import EventRow
from core.graphql.live.presented_event import PresentedEvent
from core.graphql.live.shared_operations import PublicFields
from core.graphql.live.subscriber import Subscriber
from core.graphql.live.viewer_topic import ViewerTopic
from interactions.notifications.notification_rows import NotificationRow, moment_at
from interactions.notifications.selectors import notifications_by_ids, unseen_counts
from interactions.notifications.statements import SQL


class NotificationEventRow(NamedTuple):
    """What the fields of an event read."""

    kind: str
    cursor: str
    unseen: Capped
    notification: NotificationRow | None
    """None for one that is removed or hidden, and where all up to `seen_through` were seen."""
    key: int
    seen_through: datetime


class PresentedNotification(PresentedEvent):
    """An event with its notification, if its recipient is shown it, and how many the recipient has not seen."""

    __slots__ = ("_notification", "_unseen")

    def __init__(
        self, event: EventRow, notification: NotificationRow | None, unseen: Capped
    ) -> None:
        super().__init__(event)
        self._notification = notification
        self._unseen = unseen

    def is_visible_to(self, viewer_id: int | None) -> bool:
        if viewer_id != self.event.actor_id:
            return False
        return self.event.kind != event_types.NOTIFICATION_ADDED or self._notification is not None

    def row(self, cursor: str) -> NotificationEventRow:
        kind, key = self.event.kind, self.event.subject_id or 0
        if kind == event_types.NOTIFICATION_CHANGED and self._notification is None:
            # What the rule hides now is removed from what the client holds.
            kind = event_types.NOTIFICATION_REMOVED
        seen = moment_at(key if kind == event_types.NOTIFICATIONS_SEEN else 0)
        return NotificationEventRow(kind, cursor, self._unseen, self._notification, key, seen)

    def row_for(self, viewer_id: int | None, cursor: str) -> NotificationEventRow:  # noqa: ARG002  # all are for one
        return self.row(cursor)


class NotificationTopic(ViewerTopic):
    """Subscribers by the viewer whose notifications they receive."""

    field: ClassVar = "notificationEvents"
    kinds: ClassVar = frozenset(event_types.NOTIFICATION_KINDS)
    missed_statement: ClassVar = SQL.notification_events
    # Who else gets an event is the same viewer on another device, and its loaders need the viewer.
    public_fields: ClassVar[PublicFields] = {}

    def viewers(self, events: Sequence[EventRow]) -> set[int | None]:
        return {event.actor_id for event in events if event.actor_id in self._by_viewer}

    def recipients(self, presented: PresentedEvent) -> Collection[Subscriber]:
        return self._by_viewer.get(presented.event.actor_id, ())

    async def present(
        self, events: Sequence[EventRow], viewers: set[int | None]
    ) -> list[PresentedEvent]:
        events = [event for event in events if event.actor_id in viewers]
        database = self.log.database
        recipients = {event.actor_id for event in events}
        keys = list(
            {
                event.subject_id
                for event in events
                if event.kind in {event_types.NOTIFICATION_ADDED, event_types.NOTIFICATION_CHANGED}
                and event.subject_id is not None
            }
        )
        found, unseen = await asyncio.gather(
            notifications_by_ids(database, recipients, keys),
            unseen_counts(database, list(recipients)),
        )
        shown = dict(zip(keys, found, strict=True))
        return [
            PresentedNotification(event, shown.get(event.subject_id or 0), unseen[event.actor_id])
            for event in events
        ]
