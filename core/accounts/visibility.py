"""Blocks, mutes and sessions, looked up for many viewers at once by live delivery."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from core.accounts.statements import SQL
from core.database.database import Database

Pair = tuple[int, int]
"""Viewer and user."""


class HiddenPairs(NamedTuple):
    """Pairs of which one is hidden from the other."""

    blocked: frozenset[Pair]
    """Either of the two blocks the other."""
    muted: frozenset[Pair]
    """The viewer mutes the user."""


NOTHING_HIDDEN = HiddenPairs(frozenset(), frozenset())


async def hidden_pairs(
    database: Database, viewers: Collection[int], users: Collection[int]
) -> HiddenPairs:
    """The blocks and mutes between these viewers and users. Cost: one statement."""
    if not viewers or not users:
        return NOTHING_HIDDEN
    rows = await database.fetch(SQL.hidden_pairs, list(viewers), list(users))
    return HiddenPairs(
        frozenset((viewer, user) for viewer, user, is_mute in rows if not is_mute),
        frozenset((viewer, user) for viewer, user, is_mute in rows if is_mute),
    )


async def session_is_live(database: Database, session_id: int) -> bool:
    """Whether the session exists and is not revoked. Cost: one statement."""
    row = await database.fetch_row(SQL.session_is_live, session_id)
    return row is not None and bool(row[0])
