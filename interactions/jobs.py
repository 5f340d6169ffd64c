"""Jobs: the removal of a deleted account, and archives of users' data."""

from __future__ import annotations

import logging
import time
from datetime import timedelta

from django.conf import settings

from core.jobs.job_run import JobRun
from core.jobs.registry import Priority, job
from interactions.erasure import account_rows_erase
from interactions.exports import export_part
from interactions.statements import SQL

logger = logging.getLogger(__name__)

ATTEMPTS = 20
"""Failures one after the other: with the pauses between them, about two hours."""
MAX_PAUSE = timedelta(milliseconds=50)
EXPIRE_EVERY = timedelta(minutes=5)
EXPIRE_BATCH = 20
"""Archives are large."""


@job("account_erase", attempts=ATTEMPTS)
async def account_erase(run: JobRun) -> None:
    """Removes some rows of the account in the argument `user_id`; again until none is left."""
    user_id = run.arguments["user_id"]
    began = time.monotonic()
    async with run.transaction() as transaction:
        is_erased = await account_rows_erase(transaction, user_id)
        if not is_erased:
            # Leaves time for other writers, and for the delivery of events that the open transaction delayed.
            run.repeat(after=min(timedelta(seconds=time.monotonic() - began), MAX_PAUSE))
    if is_erased:
        logger.info("Removed account %d.", user_id)


@job("data_export", priority=Priority.LOW)
async def data_export(run: JobRun) -> None:
    """Writes the next part of the archive in the argument `export`; again until it is complete."""
    lasts = timedelta(hours=settings.ENVIRONMENT.export_hours)
    async with run.transaction() as transaction:
        if not await export_part(transaction, run.arguments["export"], lasts=lasts):
            run.repeat()


@job("data_exports_expire", every=EXPIRE_EVERY, priority=Priority.LOW)
async def expire_data_exports(run: JobRun) -> None:
    """Deletes archives that have ended; ends as failed those that are never completed."""
    await run.change_some(SQL.data_exports_expire, limit=EXPIRE_BATCH)
