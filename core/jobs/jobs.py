"""The job of the event log: removes old events."""

from __future__ import annotations

import logging
from datetime import timedelta

from django.conf import settings

from core.events.event_log import events_expire
from core.jobs.job_run import JobRun
from core.jobs.registry import Priority, job

logger = logging.getLogger(__name__)

BATCH = 1_000


@job("events_expire", every=timedelta(minutes=1), priority=Priority.LOW)
async def expire_events(run: JobRun) -> None:
    """Deletes a batch of old events; again at once while there are more."""
    retention = timedelta(hours=settings.ENVIRONMENT.event_retention_hours)
    async with run.transaction() as transaction:
        deleted = await events_expire(transaction, retention=retention, batch=BATCH)
        if deleted:
            run.repeat()
            logger.info("Removed %d old events.", deleted)
