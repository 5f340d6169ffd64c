"""Reads of media."""

from __future__ import annotations

from collections.abc import Sequence

from core.database.database import Database
from core.loaders import ViewerLoader
from feed.media.media_rows import MEDIA, MediaRow, UploadRow
from feed.media.statements import SQL


async def media_by_ids(
    database: Database, viewer_id: int | None, ids: Sequence[int]
) -> list[MediaRow | None]:
    """The pictures, None for those not visible to the viewer. Order: of `ids`. Cost: one statement."""
    rows = await database.fetch(SQL.media_by_ids, viewer_id, ids)
    found = {row[0]: MEDIA.make(row, None) for row in rows}
    return [found.get(key) for key in ids]


async def upload_by_id(database: Database, media_id: int) -> UploadRow | None:
    """What is stored about an upload; None if there is none, or the picture is removed. Cost: one statement."""
    row = await database.fetch_row(SQL.media_upload, media_id)
    return None if row is None else UploadRow._make(row)


class MediaByPostLoader(ViewerLoader[list[MediaRow]]):
    """The pictures of posts that the viewer sees, by the post's key."""

    async def fetch(self, keys: list[int]) -> Sequence[list[MediaRow]]:
        found: dict[int, list[MediaRow]] = {key: [] for key in keys}
        for key, *columns in await self.database.fetch(SQL.media_of_posts, keys):
            found[key].append(MEDIA.make(columns, None))
        return list(found.values())
