"""Who may be told of whom, for many viewers at once."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from core.accounts.statements import SQL
from core.database.database import Database

Pair = tuple[int, int]
"""Viewer, person."""


class HiddenPairs(NamedTuple):
    """What viewers have hidden, or is hidden from them."""

    blocked: frozenset[Pair]
    """By either of the two."""
    muted: frozenset[Pair]
    """By the viewer."""


NOTHING_HIDDEN = HiddenPairs(frozenset(), frozenset())


async def hidden_pairs(
    database: Database, viewers: Collection[int], people: Collection[int]
) -> HiddenPairs:
    """What stands between these viewers and these people now. Cost: one statement."""
    if not viewers or not people:
        return NOTHING_HIDDEN
    rows = await database.fetch(SQL.hidden_pairs, list(viewers), list(people))
    return HiddenPairs(
        frozenset((viewer, person) for viewer, person, is_mute in rows if not is_mute),
        frozenset((viewer, person) for viewer, person, is_mute in rows if is_mute),
    )


async def session_is_live(database: Database, session_id: int) -> bool:
    """Whether the session is there and has not been revoked. Cost: one statement."""
    row = await database.fetch_row(SQL.session_is_live, session_id)
    return row is not None and bool(row[0])
