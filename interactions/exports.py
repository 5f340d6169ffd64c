"""Archives of all that belongs to a user: NDJSON, made in parts, so that neither its size nor a kill matters.

The files of pictures are not copied to the database: they are read when the archive is downloaded.
"""

from __future__ import annotations

import asyncio
import base64
import gzip
import json
import struct
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from core.accounts.idempotency import Claim
from core.accounts.statements import SQL as ACCOUNTS
from core.context import Context
from core.database.clock import CLOCK
from core.database.cursors import CursorSigner
from core.database.database import Database, Transaction
from feed.media.files import THREADS, MediaSize, picture_name, stored
from feed.media.statements import SQL as MEDIA
from feed.reactions import REACTIONS
from feed.statements import SQL as FEED
from interactions.models import ExportState
from interactions.notifications.statements import SQL as NOTIFICATIONS
from interactions.push.statements import SQL as PUSH
from interactions.statements import SQL

SECTIONS = (
    ACCOUNTS.account_export,
    ACCOUNTS.suspension_export,
    ACCOUNTS.sessions_export,
    ACCOUNTS.following_export,
    ACCOUNTS.followers_export,
    ACCOUNTS.follow_requests_export,
    ACCOUNTS.blocks_export,
    ACCOUNTS.mutes_export,
    FEED.posts_export,
    MEDIA.media_export,
    SQL.comments_export,
    *(SQL.reactions_export[reaction.name] for reaction in REACTIONS),
    SQL.reports_export,
    NOTIFICATIONS.notification_settings_export,
    NOTIFICATIONS.notifications_export,
    PUSH.push_targets_export,
)
"""Statements of the kinds of rows, in the order of an archive."""
ROWS_A_PART = 2_000
PURPOSE = "data export"
LINK = struct.Struct(">QQ")
"""What a link signs: the archive, and when it ends in seconds since 1970."""
LONGEST_LINK = 120


class ExportRow(NamedTuple):
    """An archive of the viewer's data."""

    id: int
    state: str
    expires_at: datetime | None
    ends: int | None
    """The same in seconds since 1970."""


class ExportCreated(NamedTuple):
    """The key of an archive, whether it is new, and whether an earlier call with the same idempotency key began it."""

    key: int
    is_new: bool
    replayed: bool


async def export_create(
    transaction: Transaction, viewer_id: int, client_mutation_id: str | None = None
) -> ExportCreated:
    """A new archive, or the one that is being made; once for each idempotency key.

    Errors: MutationRefused (IDEMPOTENCY_KEY_REUSED). Locks: the key, the user.
    """
    claim = Claim(viewer_id, "exportData", client_mutation_id, ())
    earlier = await claim.earlier_result(transaction)
    if earlier is not None:
        return ExportCreated(earlier, is_new=False, replayed=True)
    await transaction.fetch(ACCOUNTS.users_lock, [viewer_id])
    await transaction.fetch(SQL.data_export_remove, viewer_id)
    ((key, is_new),) = await transaction.fetch(SQL.data_export_create, viewer_id)
    await claim.settle(transaction, key)
    return ExportCreated(key, is_new, replayed=False)


async def exports_by_ids(context: Context, ids: Sequence[int]) -> list[ExportRow | None]:
    """The viewer's archives; None for all others. Order: that of `ids`. Cost: one statement."""
    if context.viewer_id is None:
        return [None for _ in ids]
    rows = await context.database.fetch(SQL.data_exports_by_ids, context.viewer_id, ids)
    found = {row[0]: ExportRow._make(row) for row in rows}
    return [found.get(key) for key in ids]


async def export_part(transaction: Transaction, export_id: int, *, lasts: timedelta) -> bool:
    """Writes the next part of an archive. Whether it has ended. `lasts`: how long it can be downloaded.

    Locks: the archive. Cost: one statement for each kind of rows that ends in the part, at most ROWS_A_PART rows.
    """
    found = await transaction.fetch_row(SQL.data_export_lock, export_id)
    if found is None:
        return True
    user_id, section, position, number = found
    lines: list[str] = []
    while section < len(SECTIONS) and len(lines) < ROWS_A_PART:
        limit = ROWS_A_PART - len(lines)
        rows = await transaction.fetch(SECTIONS[section], user_id, position, limit)
        lines += [row[1] for row in rows]
        if len(rows) < limit:
            section, position = section + 1, -1
        else:
            position = rows[-1][0]
    if lines:
        content = await asyncio.to_thread(_compressed, lines)
        part = (export_id, number, content, section, position)
        await transaction.fetch(SQL.data_export_part_add, *part)
    if section < len(SECTIONS):
        return False
    await transaction.fetch(SQL.data_export_end, export_id, ExportState.READY.value, lasts)
    return True


def _compressed(lines: Sequence[str]) -> bytes:
    return gzip.compress(("\n".join(lines) + "\n").encode(), mtime=0)


async def export_content(
    database: Database, export_id: int, number: int
) -> tuple[bytes, bool] | None:
    """A part of an archive, and whether it is the last one; None if the archive can't be downloaded any more."""
    row = await database.fetch_row(SQL.data_export_part, export_id, number)
    return None if row is None else (bytes(row[0]), row[1])


async def export_picture(
    database: Database, export_id: int, after: int
) -> tuple[int | None, bytes] | None:
    """The next picture for an archive: its key and its line; no key after the last one.

    None if the archive can't be downloaded any more. The line is empty if the file was removed meanwhile.
    Cost: one statement, and the largest file of the picture.
    """
    row = await database.fetch_row(SQL.data_export_picture, export_id, after)
    if row is None:
        return None
    key, id = row
    return key, b"" if key is None else await THREADS.call(_picture_line, key, id)


def _picture_line(key: int, id: str) -> bytes:
    try:
        with stored(picture_name(key, MediaSize.LARGE)) as file:
            content = base64.b64encode(file.read()).decode()
    except FileNotFoundError:
        return b""
    line = {"type": "media_file", "media": id, "content_type": "image/webp", "base64": content}
    return _compressed([json.dumps(line)])


def export_link(signer: CursorSigner, export: ExportRow) -> str | None:
    """The last part of the address of an archive: signed, and good until the archive ends. None until it is ready."""
    if export.state != ExportState.READY.value or export.ends is None:
        return None
    packed = LINK.pack(export.id, export.ends)
    return (packed + signer.tag(PURPOSE, packed)).hex()


def linked_export(signer: CursorSigner, link: str) -> int | None:
    """The key of the archive that the link names; None if it is not a valid link, or has ended."""
    try:
        data = bytes.fromhex(link) if len(link) <= LONGEST_LINK else b""
        packed, tag = data[: LINK.size], data[LINK.size :]
        export_id, ends = LINK.unpack(packed)
    except (ValueError, struct.error):
        return None
    is_signed = tag in signer.tags(PURPOSE, packed)
    is_live = ends > CLOCK.now()
    return int(export_id) if is_signed and is_live else None
