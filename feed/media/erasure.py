"""Removes the pictures of a deleted account."""

from __future__ import annotations

from core.database.database import Transaction
from feed.media.statements import SQL

MEDIA_AT_ONCE = 100


async def media_erase(transaction: Transaction, user_id: int) -> int:
    """Marks some pictures of the user, whose files the worker then removes. Gives their number. Locks: the media."""
    rows = await transaction.fetch(SQL.media_erase, user_id, MEDIA_AT_ONCE)
    return int(rows[0][0])
