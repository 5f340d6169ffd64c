"""Cursors of the event log encode a reader's position exactly, and can't be forged."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.database.cursors import CursorMalformed, CursorSigner
from core.events.log_positions import (
    START,
    EventId,
    Position,
    Snapshot,
    decode_position,
    encode_position,
    position_from_snapshot,
)

SIGNER = CursorSigner(b"secret")
NUMBERS = st.integers(0, 2**63 - 1)


@st.composite
def snapshots(draw: st.DrawFn) -> tuple[str, set[int]]:
    """A snapshot as text, and the transactions that it does not see, up to a bound.

    The newest event that it sees is (newest, 11). Transactions between that and the end of PostgreSQL's snapshot
    wrote no event, and their ids may be reused.
    """
    xmin = draw(st.integers(2, 10_000))
    xmax = xmin + draw(st.integers(0, 40))
    running = draw(st.sets(st.integers(xmin, xmax - 1), max_size=40)) if xmax > xmin else set()
    xmin = min(running) if running else xmax
    newest = draw(
        st.integers(max(1, xmin - 5), xmax - 1).filter(lambda number: number not in running)
    )
    text = f"{xmin}:{xmax}:{','.join(map(str, sorted(running)))}:{newest}:11:123456"
    return text, {number for number in running if number < newest} | set(
        range(newest + 1, xmax + 5)
    )


@st.composite
def positions(draw: st.DrawFn) -> Position:
    if draw(st.booleans()):
        return Position(draw(NUMBERS), draw(NUMBERS), draw(st.integers(0, 999_999)))
    return position_from_snapshot(draw(snapshots())[0])


@given(positions())
def test_a_cursor_decodes_to_its_position(position: Position) -> None:
    cursor = encode_position(SIGNER, position)
    assert decode_position(SIGNER, cursor) == position
    assert cursor.replace("-", "").replace("_", "").isalnum()


@given(st.text(max_size=60) | st.binary(max_size=60).map(lambda data: data.decode("latin-1")))
def test_garbage_is_refused(text: str) -> None:
    with pytest.raises(CursorMalformed):
        decode_position(SIGNER, text)


@given(positions(), st.data())
def test_a_tampered_cursor_is_refused(position: Position, data: st.DataObject) -> None:
    cursor = encode_position(SIGNER, position)
    index = data.draw(st.integers(0, len(cursor) - 1))
    other = data.draw(st.sampled_from("ABCxyz019-_").filter(lambda letter: letter != cursor[index]))
    with pytest.raises(CursorMalformed):
        decode_position(SIGNER, cursor[:index] + other + cursor[index + 1 :])


def test_cursors_of_another_secret_or_of_a_feed_are_refused() -> None:
    for cursor in (
        encode_position(CursorSigner(b"other"), Position(7, 7)),
        SIGNER.codec("home", 7).encode(7),
    ):
        with pytest.raises(CursorMalformed):
            decode_position(SIGNER, cursor)


@given(snapshots())
def test_a_reader_from_a_snapshot_gets_each_unseen_event_once(
    snapshot: tuple[str, set[int]],
) -> None:
    text, unseen = snapshot
    position = position_from_snapshot(text)
    delivered = []
    for transaction in range(1, max(unseen) + 1):
        for id in (10, 11):
            # The reader reconnects after every event.
            position = decode_position(SIGNER, encode_position(SIGNER, position))
            if position.precedes(transaction, id):
                delivered.append((transaction, id))
                position = position.advanced_past(EventId(transaction, id, 7))
                assert not position.precedes(transaction, id)
    assert delivered == [(number, id) for number in sorted(unseen) for id in (10, 11)]
    assert position.snapshot is None


def test_a_position_drops_its_snapshot_once_it_has_passed_it() -> None:
    newest = EventId(7, 3, 500)
    position = Position(5, 0, 0, Snapshot(newest, frozenset({5})))
    assert position.newest == newest
    assert position.advanced_past(EventId(5, 1, 9)).newest == newest
    later = EventId(8, 1, 9)
    assert position.advanced_past(later) == Position(*later)
    assert position.advanced_past(later).newest == later


def test_the_position_of_an_empty_log_is_the_start() -> None:
    assert position_from_snapshot("7:9:7,8") == START
