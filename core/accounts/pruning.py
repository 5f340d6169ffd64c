"""Deletes expired rows in batches."""

from __future__ import annotations

from datetime import timedelta

from core.accounts.statements import SQL
from core.database.database import Database

BATCH = 1_000
SESSION_RETENTION = timedelta(days=7)
"""How long ended sessions are retained, for support and audits."""


async def idempotency_keys_expire(database: Database, *, retention: timedelta) -> int:
    """Deletes idempotency keys older than the retention and returns their number."""
    return await _expire(database, SQL.idempotency_expire, retention)


async def sessions_expire(database: Database) -> int:
    """Deletes sessions that ended before their retention began and returns their number."""
    return await _expire(database, SQL.sessions_expire, SESSION_RETENTION)


async def _expire(database: Database, statement: str, retention: timedelta) -> int:
    removed = 0
    while rows := await database.write(statement, retention, BATCH):
        removed += rows[0][0]
        if rows[0][0] < BATCH:
            break
    return removed
