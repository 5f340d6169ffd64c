"""Removing what has outlived its time, a little at a time."""

from __future__ import annotations

from datetime import timedelta

from core.accounts.statements import SQL
from core.database.database import Database

BATCH = 1_000
SESSIONS_KEPT = timedelta(days=7)
"""After the end of a session: for whoever asks what became of it."""


async def idempotency_keys_expire(database: Database, *, kept: timedelta) -> int:
    """How many keys of clients it removed that were older than this."""
    return await _expire(database, SQL.idempotency_expire, kept)


async def sessions_expire(database: Database) -> int:
    """How many sessions it removed that ended long ago."""
    return await _expire(database, SQL.sessions_expire, SESSIONS_KEPT)


async def _expire(database: Database, statement: str, kept: timedelta) -> int:
    removed = 0
    while rows := await database.write(statement, kept, BATCH):
        removed += rows[0][0]
        if rows[0][0] < BATCH:
            break
    return removed
