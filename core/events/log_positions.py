"""Where a reader of the event log stands.

The log is ordered by (transaction, id). A serial number or a time would not do: a lower one can
commit later. Readers see only what lies below the oldest running transaction, so what they have
read is complete up to where they stand.

A page of a feed is read at a moment at which some transactions are running; who goes on from that
page must be given exactly the events that its snapshot did not see. Such a position is the
snapshot itself, carried along until the reader is past it.

A position never lies ahead of what is on disk, and names an event by which the log recognises it: what happens to
PostgreSQL between two readings (a crash, a restored backup, a promoted replica) is noticed or does not matter.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from functools import lru_cache
from hmac import compare_digest
from typing import NamedTuple, Protocol

from core.database.cursors import CursorMalformed, CursorSigner
from core.database.packed_numbers import pack_numbers, unpack_numbers

PURPOSE = "event log 2"
TAG_BYTES = 8
CURSOR_LENGTH_AT_MOST = 16_384
CURSOR = re.compile(r"[A-Za-z0-9_-]+")


class EventId(NamedTuple):
    """What tells an event from every other one.

    PostgreSQL gives out a transaction number again after a crash if nothing of it was on disk, and a restored
    cluster gives out all numbers of both kinds again. The microsecond tells such namesakes apart.
    """

    transaction: int
    id: int
    microsecond: int
    """Of its creation, within the second."""


class Snapshot(NamedTuple):
    """Which events a statement saw: those of transactions up to the newest's that were not `running`.

    The newest event it saw is committed, so it and its transaction number are on disk. The end of PostgreSQL's own
    snapshot (`xmax`) may lie ahead of the disk: transactions that wrote nothing move it, too.
    """

    newest: EventId
    running: frozenset[int]

    def sees(self, transaction: int) -> bool:
        """Whether events of the transaction were visible."""
        return transaction <= self.newest.transaction and transaction not in self.running


class Position(NamedTuple):
    """After the event (transaction, id), and after all that the snapshot saw, if there is one.

    Without a snapshot that event is one of the log; (0, 0) stands before all events.
    """

    transaction: int
    id: int
    microsecond: int = 0
    snapshot: Snapshot | None = None

    @property
    def newest(self) -> EventId:
        """The newest event that a reader who stands here has seen; the log must still have it."""
        return EventId(*self[:3]) if self.snapshot is None else self.snapshot.newest

    def is_before(self, other: Position) -> bool:
        """Whether events may lie between here and there."""
        return self[:2] < other[:2]

    def precedes(self, transaction: int, id: int) -> bool:
        """Whether a reader who stands here has still to be given that event."""
        if (transaction, id) <= (self.transaction, self.id):
            return False
        return self.snapshot is None or not self.snapshot.sees(transaction)

    def advanced_past(self, event: EventId) -> Position:
        """Where a reader who stands here stands after that event."""
        snapshot = self.snapshot
        if snapshot is not None and event.transaction > snapshot.newest.transaction:
            snapshot = None
        return Position(*event, snapshot)


START = Position(0, 0)
"""Before all events."""


class HasCursors(Protocol):
    """Whatever knows the process's cursor signer."""

    @property
    def cursors(self) -> CursorSigner: ...


def position_from_snapshot(text: str) -> Position:
    """The position of a reader who has seen what the snapshot saw; `text` is what `_log_snapshot.sql` gives."""
    _horizon, _xmin, _xmax, in_progress, *newest = text.split(":")
    if not newest:
        return START
    last = EventId(*map(int, newest))
    numbers = map(int, in_progress.split(",")) if in_progress else ()
    # Later numbers are not on disk for sure: after a crash they may be others' numbers.
    running = frozenset(number for number in numbers if number < last.transaction)
    if not running:
        return Position(*last)
    return Position(min(running), 0, 0, Snapshot(last, running))


def cursor_from_snapshot(services: HasCursors, text: str) -> str:
    """The cursor from which a subscription gives what the snapshot did not see."""
    return _cursor_from_snapshot(services.cursors, text)


@lru_cache(maxsize=64)
def _cursor_from_snapshot(signer: CursorSigner, text: str) -> str:
    # Between two commits all readers have the same snapshot.
    return encode_position(signer, position_from_snapshot(text))


def encode_position(signer: CursorSigner, position: Position) -> str:
    """An opaque cursor, safe in a URL; about 30 characters, and two for each running transaction."""
    numbers = list(position[:3])
    if position.snapshot is not None:
        newest, running = position.snapshot
        numbers += newest
        last = newest.transaction
        for transaction in sorted(running, reverse=True):
            numbers.append(last - transaction)
            last = transaction
    packed = pack_numbers(numbers)
    tag = signer.tag(PURPOSE, packed)[:TAG_BYTES]
    return urlsafe_b64encode(tag + packed).decode().rstrip("=")


def is_cursor(text: str) -> bool:
    """Whether the text has the form of a cursor. What has it stands for itself wherever it is written."""
    return len(text) <= CURSOR_LENGTH_AT_MOST and CURSOR.fullmatch(text) is not None


def decode_position(signer: CursorSigner, cursor: str) -> Position:
    """The position that the cursor stands for. Errors: CursorMalformed."""
    if len(cursor) > CURSOR_LENGTH_AT_MOST:
        raise CursorMalformed
    try:
        data = urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
    except (Base64Error, UnicodeEncodeError) as error:
        raise CursorMalformed from error
    tag, packed = data[:TAG_BYTES], data[TAG_BYTES:]
    if not compare_digest(tag, signer.tag(PURPOSE, packed)[:TAG_BYTES]):
        raise CursorMalformed
    # The tag is ours, so what it covers is well-formed.
    numbers = unpack_numbers(packed)
    transaction, id, microsecond = numbers[:3]
    position = Position(transaction, id, microsecond)
    if len(numbers) > 3:
        newest = EventId(*numbers[3:6])
        running = []
        last = newest.transaction
        for step in numbers[6:]:
            last -= step
            running.append(last)
        position = position._replace(snapshot=Snapshot(newest, frozenset(running)))
    # One position has one cursor: base64 would accept others for the same bytes.
    if encode_position(signer, position) != cursor:
        raise CursorMalformed
    return position
