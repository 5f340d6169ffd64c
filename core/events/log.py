"""Reading the event log in commit order, and keeping it short."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import Enum
from pathlib import Path
from typing import Any, NamedTuple

import strawberry

from core.database.cursors import CursorMalformed, CursorSigner
from core.database.pool import Database
from core.database.statements import load_statements
from core.events.positions import (
    Position,
    decode_position,
    encode_position,
    position_from_snapshot,
)

SQL: Mapping[str, str] = load_statements(Path(__file__).parent / "sql")


class EventRow(NamedTuple):
    """An event, as it stands in the log."""

    transaction: int
    id: int
    kind: str
    actor_id: int
    post_id: int | None
    subject_id: int | None
    client_mutation_id: str | None
    created_at: datetime


def event_from(columns: Sequence[Any]) -> EventRow:
    """The event in the columns that the statements give."""
    return EventRow(*columns)


@strawberry.enum(description="Why a subscription can't go on from where the client stands.")
class ResyncReason(Enum):
    CURSOR_TOO_OLD = strawberry.enum_value(
        "CURSOR_TOO_OLD", description="Some of what came after the cursor is no longer kept."
    )
    CURSOR_UNKNOWN = strawberry.enum_value(
        "CURSOR_UNKNOWN", description="The cursor is none of this server's, or of its future."
    )
    TOO_SLOW = strawberry.enum_value(
        "TOO_SLOW", description="The client did not read fast enough, and too much was waiting."
    )


class Reading(NamedTuple):
    """What is new in the log."""

    events: list[EventRow]
    """In order, complete up to `position`."""
    position: Position
    held_back: bool
    """Whether there are committed events that wait for a transaction that is still open."""
    revocations: list[EventRow]
    """Those among what is held back."""


class EventLog:
    """The events of one database."""

    def __init__(self, database: Database, cursors: CursorSigner, *, retention: timedelta) -> None:
        self.database = database
        self.cursors = cursors
        self._retention = retention

    async def end(self) -> Position:
        """After all that is complete now."""
        rows = await self.database.fetch(SQL["events_since"], 0, 0, 0)
        return Position(rows[0][0], 0)

    async def since(self, position: Position, *, limit: int) -> Reading:
        """Up to `limit` events after the position. Cost: one statement."""
        rows = await self.database.fetch(
            SQL["events_since"], position.transaction, position.id, limit
        )
        events = [event_from(row[2:10]) for row in rows if row[10] is False]
        revocations = [event_from(row[2:10]) for row in rows if row[10]]
        if len(events) == limit:
            last = events[-1]
            return Reading(events, Position(last.transaction, last.id), True, revocations)
        return Reading(events, Position(rows[0][0], 0), rows[0][1], revocations)

    async def start(self, after: str | None) -> Position | ResyncReason:
        """Where a subscription begins: at the cursor, or now; or why it can't. Cost: one statement."""
        rows = await self.database.fetch(SQL["log_now"], self._retention)
        snapshot, first_transaction, first_id, first_is_old = rows[0]
        if after is None:
            return position_from_snapshot(snapshot)
        try:
            position = decode_position(self.cursors, after)
        except CursorMalformed:
            return ResyncReason.CURSOR_UNKNOWN
        if position.transaction > int(snapshot.split(":")[1]):
            return ResyncReason.CURSOR_UNKNOWN
        if first_is_old and (position.transaction, position.id) < (first_transaction, first_id):
            return ResyncReason.CURSOR_TOO_OLD
        return position

    def cursor(self, position: Position) -> str:
        """The position as clients carry it."""
        return encode_position(self.cursors, position)

    async def delay(self) -> float:
        """For how many seconds an open transaction has been holding events back."""
        row = await self.database.fetch_row(SQL["log_delay"])
        return 0.0 if row is None else float(row[0])

    async def expire(self, *, batch: int = 1_000) -> int:
        """How many events it removed that are older than the retention, batch by batch."""
        removed = 0
        while now := await self._removed("events_expire", self._retention, batch):
            removed += now
        while now := await self._removed("events_from_another_life", batch):
            removed += now
        return removed

    async def _removed(self, statement: str, *arguments: object) -> int:
        rows = await self.database.write(SQL[statement], *arguments)
        return int(rows[0][0])
