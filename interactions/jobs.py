"""The job that removes the rows of a deleted account."""

from __future__ import annotations

import logging
import time
from datetime import timedelta

from core.jobs.job_run import JobRun
from core.jobs.registry import job
from interactions.erasure import account_rows_erase

logger = logging.getLogger(__name__)

ATTEMPTS = 20
"""Failures one after the other. The first ones are expected: a row is written late, another writer holds a lock."""
MAX_PAUSE = timedelta(milliseconds=50)


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
