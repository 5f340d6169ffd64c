"""Schedules of accounts: expired keys, sessions and tokens, suspensions that are over, and deletions without a job."""

from __future__ import annotations

import logging
from datetime import timedelta

from django.conf import settings

from core.accounts.mail import jobs as mail_jobs
from core.accounts.statements import SQL
from core.jobs.job_run import JobRun
from core.jobs.registry import Priority, job

# The worker imports the modules `jobs` of apps. This one registers the jobs of mails as well.
__all__ = ["mail_jobs"]

logger = logging.getLogger(__name__)

EVERY = timedelta(minutes=1)
BATCH = 1_000
SESSION_RETENTION = timedelta(days=7)
"""How long ended sessions are retained, for support and audits."""


@job("idempotency_keys_expire", every=EVERY, priority=Priority.LOW)
async def expire_idempotency_keys(run: JobRun) -> None:
    """Deletes a batch of old idempotency keys; again at once while there are more."""
    retention = timedelta(hours=settings.ENVIRONMENT.idempotency_hours)
    deleted = await run.change_some(SQL.idempotency_expire, retention, limit=BATCH)
    if deleted:
        logger.info("Removed %d idempotency keys.", deleted)


@job("sessions_expire", every=EVERY, priority=Priority.LOW)
async def expire_sessions(run: JobRun) -> None:
    """Deletes a batch of sessions that ended long ago; again at once while there are more."""
    deleted = await run.change_some(SQL.sessions_expire, SESSION_RETENTION, limit=BATCH)
    if deleted:
        logger.info("Removed %d sessions.", deleted)


@job("account_tokens_expire", every=EVERY, priority=Priority.LOW)
async def expire_account_tokens(run: JobRun) -> None:
    """Deletes a batch of expired tokens of mails; again at once while there are more."""
    await run.change_some(SQL.account_tokens_expire, limit=BATCH)


@job("account_erasures_add", every=EVERY)
async def add_account_erasures(run: JobRun) -> None:
    """Adds the job for deleted accounts that have none: it can be removed in the admin."""
    async with run.transaction() as transaction:
        await transaction.fetch(SQL.account_erasures_add, BATCH)


@job("suspensions_end", every=EVERY)
async def end_suspensions(run: JobRun) -> None:
    """Lets users sign in again whose suspension is over."""
    async with run.transaction() as transaction:
        users = [row[0] for row in await transaction.fetch(SQL.suspensions_ended, BATCH)]
        if users:
            await transaction.fetch(SQL.users_lock, users)
            await transaction.fetch(SQL.suspensions_end, users)
        if len(users) == BATCH:
            run.repeat()
