"""Where a reader of the event log stands.

The log is ordered by (transaction, id). A serial number or a time would not do: a lower one can
commit later. Readers see only what lies below the oldest running transaction, so what they have
read is complete up to where they stand.

A page of a feed is read at a moment at which some transactions are running; who goes on from that
page must be given exactly the events that its snapshot did not see. Such a position is the
snapshot itself, carried along until the reader is past it.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from functools import lru_cache
from hmac import compare_digest
from typing import NamedTuple, Protocol

from core.database.cursors import CursorMalformed, CursorSigner

PURPOSE = "event log 1"
TAG_BYTES = 8
CURSOR_LENGTH_AT_MOST = 16_384
CURSOR = re.compile(r"[A-Za-z0-9_-]+")


class Snapshot(NamedTuple):
    """Which transactions a statement saw: those below `xmax` that were not `running`.

    Source: PostgreSQL's pg_current_snapshot().
    """

    xmax: int
    running: frozenset[int]

    def sees(self, transaction: int) -> bool:
        """Whether what the transaction did was visible."""
        return transaction < self.xmax and transaction not in self.running


class Position(NamedTuple):
    """After the event (transaction, id), and after all that the snapshot saw, if there is one."""

    transaction: int
    id: int
    snapshot: Snapshot | None = None

    def is_before(self, other: Position) -> bool:
        """Whether events may lie between here and there."""
        return self[:2] < other[:2]

    def precedes(self, transaction: int, id: int) -> bool:
        """Whether a reader who stands here has still to be given that event."""
        if (transaction, id) <= (self.transaction, self.id):
            return False
        return self.snapshot is None or not self.snapshot.sees(transaction)

    def past(self, transaction: int, id: int) -> Position:
        """Where a reader who stands here stands after that event."""
        snapshot = self.snapshot
        if snapshot is not None and transaction >= snapshot.xmax:
            snapshot = None
        return Position(transaction, id, snapshot)


class HasCursors(Protocol):
    """Whatever knows the process's cursor signer."""

    @property
    def cursors(self) -> CursorSigner: ...


def position_from_snapshot(text: str) -> Position:
    """The position of a reader who has seen what the snapshot saw; `text` is PostgreSQL's."""
    xmin, xmax, running = text.split(":")
    if not running:
        return Position(int(xmax), 0)
    seen_up_to = Snapshot(int(xmax), frozenset(map(int, running.split(","))))
    return Position(int(xmin), 0, seen_up_to)


def cursor_from_snapshot(services: HasCursors, text: str) -> str:
    """The cursor from which a subscription gives what the snapshot did not see."""
    return _cursor_from_snapshot(services.cursors, text)


@lru_cache(maxsize=64)
def _cursor_from_snapshot(signer: CursorSigner, text: str) -> str:
    # Between two commits all readers have the same snapshot.
    return encode_position(signer, position_from_snapshot(text))


def encode_position(signer: CursorSigner, position: Position) -> str:
    """An opaque cursor, safe in a URL; about 24 characters, and two for each running transaction."""
    numbers = [position.transaction, position.id]
    if position.snapshot is not None:
        xmax, running = position.snapshot
        last = position.snapshot.xmax
        numbers.append(xmax)
        for transaction in sorted(running, reverse=True):
            numbers.append(last - transaction)
            last = transaction
    packed = b"".join(map(_packed, numbers))
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
    transaction, id, *seen = _unpacked(packed)
    position = Position(transaction, id)
    if seen:
        running = []
        last = xmax = seen[0]
        for step in seen[1:]:
            last -= step
            running.append(last)
        position = Position(transaction, id, Snapshot(xmax, frozenset(running)))
    # One position has one cursor: base64 would accept others for the same bytes.
    if encode_position(signer, position) != cursor:
        raise CursorMalformed
    return position


def _packed(number: int) -> bytes:
    """Seven bits a byte, the lowest first; the high bit says that more follow (LEB128)."""
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)


def _unpacked(data: bytes) -> list[int]:
    numbers = []
    number = shift = 0
    for byte in data:
        number |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            numbers.append(number)
            number = shift = 0
    return numbers
