"""Deletion of an account by its user, who can restore it within a grace period."""

from __future__ import annotations

from datetime import datetime, timedelta

from core.accounts.credentials import owner_confirmed, owner_lock
from core.accounts.mail.jobs import mail_notice
from core.accounts.sessions import Accounts
from core.accounts.statements import SQL
from core.database.database import Database
from core.errors import account_removed
from core.jobs.causes import current_cause


async def account_close(
    database: Database,
    accounts: Accounts,
    *,
    viewer_id: int,
    password: str,
    grace: timedelta,
    address: str | None = None,
) -> datetime:
    """When the account will be erased. From the commit on it is hidden from all users and signed out everywhere.

    Errors: those of `owner_confirmed`. Locks: the user, then the sessions.
    """
    owner = await owner_confirmed(
        database,
        accounts,
        viewer_id=viewer_id,
        password=password,
        field="password",
        address=address,
    )
    async with database.transaction() as transaction:
        await owner_lock(transaction, viewer_id, owner, "password")
        row = await transaction.fetch_row(SQL.account_close, viewer_id, grace, current_cause())
        if row is None:
            raise account_removed()
        erases_at: datetime = row[0]
        notice = {
            "user_id": viewer_id,
            "name": "account_deleted",
            "values": {"erases_at": f"{erases_at:%d %B %Y}"},
        }
        await mail_notice.enqueue(transaction, notice)
    return erases_at
