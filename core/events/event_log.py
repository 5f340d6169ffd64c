"""Reads the event log in commit order, and expires old events."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from enum import Enum
from time import monotonic
from typing import NamedTuple

from core.database.clock import CLOCK
from core.database.cursors import CursorMalformed, CursorSigner
from core.database.database import Database, Transaction
from core.events.log_positions import (
    START,
    EventId,
    Position,
    Snapshot,
    decode_position,
    encode_position,
    position_from_snapshot,
)
from core.events.statements import SQL


class EventRow(NamedTuple):
    """An event of the log."""

    transaction: int
    id: int
    kind: str
    actor_id: int
    post_id: int | None
    subject_id: int | None
    client_mutation_id: str | None
    created_at: datetime
    parent_id: int | None = None

    @property
    def identity(self) -> EventId:
        """What distinguishes it from every other event."""
        return EventId(self.transaction, self.id, self.created_at.microsecond)


class LogHolder(NamedTuple):
    """A running transaction and its session, which may hold events back; None for what is not known."""

    transaction: int
    is_foreign: bool
    """Whether it is known to belong to another database."""
    pid: int | None
    database: str | None
    application: str | None
    seconds: float | None
    """Since it began."""


class ResyncReason(Enum):
    """Why a subscription can't resume. `core/graphql/live/subscription_messages.py` describes each."""

    CURSOR_TOO_OLD = "CURSOR_TOO_OLD"
    CURSOR_UNKNOWN = "CURSOR_UNKNOWN"
    TOO_SLOW = "TOO_SLOW"


class Reading(NamedTuple):
    """New events of the log."""

    events: list[EventRow]
    """In order, complete up to `position`."""
    position: Position
    has_more: bool
    """Whether there are committed events after them: beyond the limit, or held back by an open transaction."""
    is_same_log: bool = True
    """Whether the log has the event at which the read started. If not, the log was replaced by another one."""


class Revocations(NamedTuple):
    """New session revocations of the log."""

    events: list[EventRow]
    """In order; open transactions hold none of them back."""
    position: Position
    """What the read has seen."""
    is_same_log: bool
    """As in `Reading`."""
    has_hidden: bool
    """Whether there are new events of HIDING_KINDS."""


class EventLog:
    """The events of one database."""

    def __init__(self, database: Database, cursors: CursorSigner, *, retention: timedelta) -> None:
        self.database = database
        self.cursors = cursors
        self._retention = retention

    async def end(self, foreign: Collection[int] = ()) -> Position:
        """The position after all events that are complete now. `foreign`: running transactions of other databases."""
        row = await self.database.fetch_row(SQL.log_end, foreign)
        return START if row is None else Position(*row)

    async def since(
        self, position: Position, *, limit: int, foreign: Collection[int] = ()
    ) -> Reading:
        """Up to `limit` events after the position, which must have no snapshot. Cost: one statement.

        `foreign`: running transactions of other databases; they hold no events back.
        """
        transaction, id, microsecond = position[:3]
        rows = await self.database.fetch(
            SQL.events_since, transaction, id, microsecond, limit, foreign
        )
        is_same_log, held_back = rows[0][:2]
        events = [EventRow(*row[2:]) for row in rows if row[2] is not None]
        if events:
            position = Position(*events[-1].identity)
        return Reading(events, position, held_back or len(events) == limit, is_same_log)

    async def start(self, after: str | None) -> Position | ResyncReason:
        """The position at which a subscription starts: at the cursor, or now; or why it can't. Cost: one statement."""
        if after is None:
            return await self.now()
        try:
            position = decode_position(self.cursors, after)
        except CursorMalformed:
            return ResyncReason.CURSOR_UNKNOWN
        rows = await self.database.fetch(SQL.log_now, self._retention, *position.newest)
        snapshot, first_transaction, first_id, first_is_old, is_known = rows[0]
        if first_is_old and _needs_before(position, (first_transaction, first_id), snapshot):
            return ResyncReason.CURSOR_TOO_OLD
        if not is_known and position != START:
            return ResyncReason.CURSOR_UNKNOWN
        return position

    async def now(self) -> Position:
        """The position after all events that are visible now. Cost: one statement."""
        rows = await self.database.fetch(SQL.log_now, self._retention, *START.newest)
        return position_from_snapshot(rows[0][0])

    async def recent_revocations(self, within: timedelta, *, limit: int) -> list[EventRow]:
        """The newest session revocations, of transactions that began within that time. Cost: one statement."""
        rows = await self.database.fetch(SQL.log_revocations, within, limit)
        return [EventRow(*row) for row in rows]

    async def revocations_since(
        self, position: Position, *, after: tuple[int, int] = (0, 0), limit: int
    ) -> Revocations:
        """The session revocations that the position has not seen, without waiting for open transactions.

        Reads the clock as well. `after`: transaction and id of the last one of the page before. Cost: one statement.
        """
        running = () if position.snapshot is None else position.snapshot.running
        began = monotonic()
        rows = await self.database.fetch(
            SQL.revocations_since, *position.newest, running, *after, limit
        )
        is_same_log, snapshot, moment, has_hidden = rows[0][:4]
        CLOCK.was_read(moment, began, monotonic())
        events = [EventRow(*row[4:]) for row in rows if row[4] is not None]
        return Revocations(events, position_from_snapshot(snapshot), is_same_log, has_hidden)

    async def holders(self) -> list[LogHolder]:
        """The running transactions of the whole cluster. Cost: one statement, about 0.1 ms."""
        return [LogHolder(*row) for row in await self.database.fetch(SQL.log_holders)]

    def cursor(self, position: Position) -> str:
        """The cursor of the position, for clients."""
        return encode_position(self.cursors, position)

    async def delay(self, foreign: Collection[int] = ()) -> float:
        """For how many seconds an open transaction has been holding events back."""
        row = await self.database.fetch_row(SQL.log_delay, foreign)
        return 0.0 if row is None else float(row[0])


async def events_expire(transaction: Transaction, *, retention: timedelta, batch: int) -> int:
    """Deletes some events that are older than the retention, or of transactions that this cluster has not begun.

    Returns how many, 0 if there are none.
    """
    rows = await transaction.fetch(SQL.events_expire, retention, batch)
    if rows[0][0]:
        return int(rows[0][0])
    rows = await transaction.fetch(SQL.events_of_future_delete, batch)
    return int(rows[0][0])


def _needs_before(position: Position, first: tuple[int, int], now: str) -> bool:
    """Whether a reader at the position may need events before the first one; `now` is the current snapshot."""
    if position.newest[:2] < first:
        return True
    if position.snapshot is None:
        return False
    in_progress: Snapshot | None = position_from_snapshot(now).snapshot
    running = in_progress.running if in_progress is not None else frozenset()
    # Transactions that are still running have no visible events.
    return any(number < first[0] for number in position.snapshot.running - running)
