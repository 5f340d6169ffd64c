"""Deletes expired rows in batches."""

from __future__ import annotations

from datetime import timedelta

from core.accounts.statements import SQL
from core.database.database import Transaction

SESSION_RETENTION = timedelta(days=7)
"""How long ended sessions are retained, for support and audits."""


async def idempotency_keys_expire(
    transaction: Transaction, *, retention: timedelta, batch: int
) -> int:
    """Deletes some idempotency keys older than the retention and returns their number."""
    rows = await transaction.fetch(SQL.idempotency_expire, retention, batch)
    return int(rows[0][0])


async def sessions_expire(transaction: Transaction, *, batch: int) -> int:
    """Deletes some sessions that ended before their retention began and returns their number."""
    rows = await transaction.fetch(SQL.sessions_expire, SESSION_RETENTION, batch)
    return int(rows[0][0])


async def account_tokens_expire(transaction: Transaction, *, batch: int) -> int:
    """Deletes some expired tokens of mails and returns their number."""
    rows = await transaction.fetch(SQL.account_tokens_expire, batch)
    return int(rows[0][0])
