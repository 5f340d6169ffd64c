"""Collects the changes of notifications in a transaction, and logs them for live delivery."""

from __future__ import annotations

from core.database.database import Transaction
from core.database.time_ordered_keys import key_array
from core.events.event_types import (
    NOTIFICATION_ADDED,
    NOTIFICATION_CHANGED,
    NOTIFICATION_REMOVED,
)
from interactions.notifications.statements import SQL

STRENGTH = {NOTIFICATION_CHANGED: 0, NOTIFICATION_ADDED: 1, NOTIFICATION_REMOVED: 2}


class NotificationChanges:
    """The changes of a transaction: of each notification the strongest."""

    def __init__(self) -> None:
        self._kinds: dict[tuple[int, int], str] = {}
        """The kind of event, by recipient and notification."""

    def added(self, recipient_id: int, key: int) -> None:
        """The notification is new, or has moved to the top."""
        self._note(recipient_id, key, NOTIFICATION_ADDED)

    def changed(self, recipient_id: int, key: int) -> None:
        """The notification has changed in its place."""
        self._note(recipient_id, key, NOTIFICATION_CHANGED)

    def removed(self, recipient_id: int, key: int) -> None:
        """The notification is gone."""
        self._note(recipient_id, key, NOTIFICATION_REMOVED)

    @property
    def announced(self) -> list[tuple[int, int]]:
        """The recipient and key of each notification that is new or has moved to the top."""
        return [pair for pair, kind in self._kinds.items() if kind == NOTIFICATION_ADDED]

    async def log(self, transaction: Transaction) -> None:
        """Writes the events."""
        if self._kinds:
            recipients, keys = zip(*self._kinds, strict=True)
            kinds = list(self._kinds.values())
            await transaction.fetch(
                SQL.notification_events_add,
                *(kinds, key_array(recipients), key_array(keys)),
            )

    def _note(self, recipient_id: int, key: int, kind: str) -> None:
        before = self._kinds.pop((recipient_id, key), kind)
        self._kinds[recipient_id, key] = max(kind, before, key=STRENGTH.__getitem__)
