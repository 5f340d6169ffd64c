"""Reads of push targets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from core.context import Context
from interactions.push.statements import SQL


class PushTargetRow(NamedTuple):
    """A push target of the viewer."""

    id: int


async def push_targets_by_ids(context: Context, ids: Sequence[int]) -> list[PushTargetRow | None]:
    """The viewer's targets; None for all others. Order: that of `ids`. Cost: one statement."""
    if context.viewer_id is None:
        return [None for _ in ids]
    rows = await context.database.fetch(SQL.push_targets_by_ids, context.viewer_id, ids)
    found = {row[0]: PushTargetRow(row[0]) for row in rows}
    return [found.get(key) for key in ids]
