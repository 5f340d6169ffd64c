"""Schedules that remove old notifications, and those of users who have many."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from core.database.time_ordered_keys import key_at
from core.jobs.job_run import JobRun
from core.jobs.registry import Priority, job
from interactions.notifications.statements import SQL

EVERY = timedelta(minutes=1)
RETENTION = timedelta(days=90)
KEPT_NOTIFICATIONS = 1_000
"""How many of its newest notifications a user keeps; up to 200 more before the others are removed."""
USERS_AT_ONCE = 20
ROWS_AT_ONCE = 200


@job("notifications_expire", every=EVERY, priority=Priority.LOW)
async def expire_notifications(run: JobRun) -> None:
    """Removes some notifications that are too old; again at once while there are more."""
    oldest = key_at(datetime.now(UTC) - RETENTION, 0)
    await run.change_some(SQL.notifications_expire, oldest, limit=ROWS_AT_ONCE)


@job("notifications_trim", every=EVERY, priority=Priority.LOW)
async def trim_notifications(run: JobRun) -> None:
    """Removes some notifications of users who have too many; again at once while there are more."""
    async with run.transaction() as transaction:
        rows = await transaction.fetch(
            SQL.notifications_trim, USERS_AT_ONCE, KEPT_NOTIFICATIONS, ROWS_AT_ONCE
        )
        if rows[0][0]:
            run.repeat()
