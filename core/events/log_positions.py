"""Positions of readers in the event log.

The log is ordered by (transaction, id). A serial number or a time alone is not safe: a lower one can commit later.
Readers see only events below the oldest running transaction, so all events up to their position are complete.

A page of a feed is read while some transactions are running; a subscription that continues from the page must
deliver exactly the events that the page's snapshot did not see. Such a position contains the snapshot, until the
reader has passed it.

A position is never ahead of what is on disk, and contains an event that the log must have. So a crash, a restored
backup or a promoted replica between two reads is either noticed or harmless.
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
MAX_CURSOR_LENGTH = 16_384
CURSOR = re.compile(r"[A-Za-z0-9_-]+")


class EventId(NamedTuple):
    """What distinguishes an event from every other one.

    PostgreSQL reuses a transaction id after a crash if nothing of the transaction was on disk, and a restored cluster
    reuses ids of both kinds. The microsecond distinguishes such events.
    """

    transaction: int
    id: int
    microsecond: int
    """The microsecond of its creation, within the second."""


class Snapshot(NamedTuple):
    """Which events a statement saw: those of transactions up to the newest event's that were not `running`.

    The newest visible event is committed, so its transaction id is on disk. The end of PostgreSQL's own snapshot
    (`xmax`) may be ahead of the disk, because transactions that write nothing advance it, too.
    """

    newest: EventId
    running: frozenset[int]

    def sees(self, transaction: int) -> bool:
        """Whether events of the transaction were visible."""
        return transaction <= self.newest.transaction and transaction not in self.running

    @property
    def text(self) -> str:
        """The snapshot as PostgreSQL writes it."""
        running = sorted(self.running)
        return f"{running[0]}:{self.newest.transaction + 1}:{','.join(map(str, running))}"


NOTHING_SEEN = "1:1:"
"""The snapshot, as PostgreSQL writes it, in which no transaction was committed."""


class Position(NamedTuple):
    """The position after the event (transaction, id), and after all events that the snapshot saw, if there is one.

    Without a snapshot the event is one of the log; (0, 0) is before all events.
    """

    transaction: int
    id: int
    microsecond: int = 0
    snapshot: Snapshot | None = None

    @property
    def newest(self) -> EventId:
        """The newest event that a reader at this position has seen; the log must still have it."""
        return EventId(*self[:3]) if self.snapshot is None else self.snapshot.newest

    def is_before(self, other: Position) -> bool:
        """Whether there may be events between this position and the other."""
        return self[:2] < other[:2]

    def precedes(self, transaction: int, id: int) -> bool:
        """Whether a reader at this position has not seen the event."""
        if (transaction, id) <= (self.transaction, self.id):
            return False
        return self.snapshot is None or not self.snapshot.sees(transaction)

    def advanced_past(self, event: EventId) -> Position:
        """The position of this reader after it has seen the event."""
        snapshot = self.snapshot
        if snapshot is not None and event.transaction > snapshot.newest.transaction:
            snapshot = None
        return Position(*event, snapshot)


START = Position(0, 0)
"""Before all events."""


class HasCursors(Protocol):
    """An object with the process's cursor signer."""

    @property
    def cursors(self) -> CursorSigner: ...


def position_from_snapshot(text: str) -> Position:
    """The position of a reader that has seen what the snapshot saw; `_log_snapshot.sql` returns the text."""
    _xmin, _xmax, in_progress, *newest = text.split(":")
    if not newest:
        return START
    last = EventId(*map(int, newest))
    numbers = map(int, in_progress.split(",")) if in_progress else ()
    # Later ids may not be on disk: after a crash PostgreSQL may reuse them.
    running = frozenset(number for number in numbers if number < last.transaction)
    if not running:
        return Position(*last)
    return Position(min(running), 0, 0, Snapshot(last, running))


def cursor_from_snapshot(services: HasCursors, text: str) -> str:
    """The cursor from which a subscription delivers the events that the snapshot did not see."""
    return _cursor_from_snapshot(services.cursors, text)


@lru_cache(maxsize=64)
def _cursor_from_snapshot(signer: CursorSigner, text: str) -> str:
    # All pages that are read between two commits have the same snapshot.
    return encode_position(signer, position_from_snapshot(text))


def encode_position(signer: CursorSigner, position: Position) -> str:
    """An opaque, URL-safe cursor: about 30 characters, and two for each running transaction."""
    packed = _packed(position)
    return _text(signer.tag(PURPOSE, packed)[:TAG_BYTES], packed)


def _packed(position: Position) -> bytes:
    numbers = list(position[:3])
    if position.snapshot is not None:
        newest, running = position.snapshot
        numbers += newest
        last = newest.transaction
        for transaction in sorted(running, reverse=True):
            numbers.append(last - transaction)
            last = transaction
    return pack_numbers(numbers)


def _text(tag: bytes, packed: bytes) -> str:
    return urlsafe_b64encode(tag + packed).decode().rstrip("=")


def is_cursor(text: str) -> bool:
    """Whether the text has the form of a cursor: it needs no escaping in a header, a URL or a log."""
    return len(text) <= MAX_CURSOR_LENGTH and CURSOR.fullmatch(text) is not None


def decode_position(signer: CursorSigner, cursor: str) -> Position:
    """The position that the cursor encodes. Errors: CursorMalformed."""
    if len(cursor) > MAX_CURSOR_LENGTH:
        raise CursorMalformed
    try:
        data = urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
    except (Base64Error, UnicodeEncodeError) as error:
        raise CursorMalformed from error
    tag, packed = data[:TAG_BYTES], data[TAG_BYTES:]
    if not any(compare_digest(tag, valid[:TAG_BYTES]) for valid in signer.tags(PURPOSE, packed)):
        raise CursorMalformed
    # The tag is valid, so the numbers are well-formed.
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
    # Each position has exactly one cursor; base64 decodes several texts to the same bytes.
    if _text(tag, _packed(position)) != cursor:
        raise CursorMalformed
    return position
