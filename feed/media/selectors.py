"""Reads of media."""

from __future__ import annotations

from collections.abc import Sequence

from core.database.database import Database
from feed.media.media_rows import MEDIA, MediaRow
from feed.media.statements import SQL


async def media_by_ids(
    database: Database, viewer_id: int | None, ids: Sequence[int]
) -> list[MediaRow | None]:
    """The pictures, None for those not visible to the viewer. Order: of `ids`. Cost: one statement."""
    rows = await database.fetch(SQL.media_by_ids, viewer_id, ids)
    found = {row[0]: MEDIA.make(row, None) for row in rows}
    return [found.get(key) for key in ids]
