"""The work of the consumer of notifications, and what recipients have afterwards."""

from __future__ import annotations

import asyncio
import random
from contextlib import suppress
from datetime import timedelta
from typing import NamedTuple

from core.database.cursors import CursorSigner
from core.database.database import Database
from core.events.event_log import EventLog
from core.events.log_positions import START, Position
from interactions.notifications.consumers import EVENTS_AT_ONCE, change_notifications
from interactions.notifications.notification_rows import NotificationKind

GROUPS = """
SELECT n.recipient_id, n.kind, n.thing_id, n.actor_count,
    ARRAY(SELECT actor_id FROM notification_actors WHERE notification_id = n.id ORDER BY id DESC), n.id, n.position
FROM notifications n ORDER BY n.recipient_id, n.position DESC
"""
LATER = "SELECT FROM events WHERE (transaction, id) > ($1, $2) LIMIT 1"


class Held(NamedTuple):
    """A notification in the table."""

    recipient: int
    kind: NotificationKind
    thing: int
    actor_count: int
    actors: list[int]
    id: int
    position: int


class Killed(Exception):
    """The worker ends in the middle of a batch."""


class Work:
    """A worker's consumer that is moved by hand."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.log = EventLog(database, CursorSigner(b"for tests"), retention=timedelta(hours=24))
        self.handled: Position = START
        self.limit = EVENTS_AT_ONCE

    async def do(self) -> None:
        """Handles all events, also those that a transaction holds back which is open for a moment."""
        while await self.database.fetch(LATER, self.handled.transaction, self.handled.id):
            events = (await self.log.since(self.handled, limit=self.limit)).events
            if not events:
                await asyncio.sleep(0.005)
                continue
            async with self.database.transaction() as transaction:
                done = await change_notifications(transaction, events)
            done = len(events) if done is None else done
            if done:
                self.handled = Position(*events[done - 1].identity)

    async def do_with_kills(self, rng: random.Random) -> None:
        """Handles all events in batches of any size; now and then the worker is killed before it commits."""
        while events := (await self.log.since(self.handled, limit=rng.choice([1, 3, 50]))).events:
            with suppress(Killed):
                async with self.database.transaction() as transaction:
                    done = await change_notifications(transaction, events)
                    if rng.random() < 0.2:
                        raise Killed
                done = len(events) if done is None else done
                self.handled = Position(*events[done - 1].identity) if done else self.handled


async def held(database: Database) -> list[Held]:
    """All notifications, each recipient's newest first."""
    rows = await database.fetch(GROUPS)
    return [Held(row[0], NotificationKind(row[1]), *row[2:]) for row in rows]
