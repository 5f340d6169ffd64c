"""Cursors of the event log say exactly where a reader stands, and nobody else can make one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.database.cursors import CursorMalformed, CursorSigner
from core.events.positions import (
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
    """A snapshot in PostgreSQL's words, and the transactions that it does not see, up to a bound."""
    xmin = draw(st.integers(1, 10_000))
    xmax = xmin + draw(st.integers(0, 40))
    running = draw(st.sets(st.integers(xmin, xmax - 1), max_size=40)) if xmax > xmin else set()
    xmin = min(running) if running else xmax
    text = f"{xmin}:{xmax}:{','.join(map(str, sorted(running)))}"
    return text, running | set(range(xmax, xmax + 5))


@st.composite
def positions(draw: st.DrawFn) -> Position:
    if draw(st.booleans()):
        return Position(draw(NUMBERS), draw(NUMBERS))
    return position_from_snapshot(draw(snapshots())[0])


@given(positions())
def test_a_cursor_gives_its_position_back(position: Position) -> None:
    cursor = encode_position(SIGNER, position)
    assert decode_position(SIGNER, cursor) == position
    assert cursor.replace("-", "").replace("_", "").isalnum()


@given(st.text(max_size=60) | st.binary(max_size=60).map(lambda data: data.decode("latin-1")))
def test_garbage_is_no_cursor(text: str) -> None:
    with pytest.raises(CursorMalformed):
        decode_position(SIGNER, text)


@given(positions(), st.data())
def test_a_tampered_cursor_is_none(position: Position, data: st.DataObject) -> None:
    cursor = encode_position(SIGNER, position)
    place = data.draw(st.integers(0, len(cursor) - 1))
    other = data.draw(st.sampled_from("ABCxyz019-_").filter(lambda letter: letter != cursor[place]))
    with pytest.raises(CursorMalformed):
        decode_position(SIGNER, cursor[:place] + other + cursor[place + 1 :])


def test_cursors_of_another_secret_or_of_a_feed_are_none() -> None:
    for cursor in (
        encode_position(CursorSigner(b"other"), Position(7, 7)),
        SIGNER.codec("home", 7).encode(7),
    ):
        with pytest.raises(CursorMalformed):
            decode_position(SIGNER, cursor)


@given(snapshots())
def test_who_starts_at_a_snapshot_is_given_what_it_did_not_see_once(
    snapshot: tuple[str, set[int]],
) -> None:
    text, unseen = snapshot
    position = position_from_snapshot(text)
    given_to_reader = []
    for transaction in range(1, max(unseen) + 1):
        for id in (10, 11):
            # Over a reconnection after every event.
            position = decode_position(SIGNER, encode_position(SIGNER, position))
            if position.precedes(transaction, id):
                given_to_reader.append((transaction, id))
                position = position.past(transaction, id)
                assert not position.precedes(transaction, id)
    assert given_to_reader == [(number, id) for number in sorted(unseen) for id in (10, 11)]
    assert position.snapshot is None


def test_a_snapshot_is_forgotten_once_it_is_past() -> None:
    position = Position(5, 0, Snapshot(8, frozenset({5, 7})))
    assert position.past(5, 1).snapshot is not None
    assert position.past(8, 1) == Position(8, 1)
