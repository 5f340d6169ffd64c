"""A worker in the process of the tests, which runs only the jobs of media."""

from __future__ import annotations

import os
from contextlib import AsyncExitStack
from datetime import timedelta

from core.database.cursors import CursorSigner
from core.database.database import Database
from core.events.event_log import EventLog
from core.events.notifier import Notifier
from core.jobs.registry import JOB_SECONDS, JobKind
from core.jobs.worker import CONNECTIONS, JOB_CONNECTIONS, Worker
from feed.media import jobs

KINDS = {kind.name: kind for kind in vars(jobs).values() if isinstance(kind, JobKind)}


async def work() -> None:
    """Runs all jobs that are due, and the schedules."""
    url = os.environ["DATABASE_URL"]
    async with AsyncExitStack() as stack:
        database = Database(url, size=CONNECTIONS)
        job_database = Database(url, size=JOB_CONNECTIONS, acquire_seconds=JOB_SECONDS)
        stack.push_async_callback(database.close)
        stack.push_async_callback(job_database.close)
        log = EventLog(database, CursorSigner(b"for tests"), retention=timedelta(hours=24))
        notifier = Notifier(os.environ["REDIS_URL"])
        worker = Worker(database, job_database, log, notifier, consumers={}, kinds=KINDS)
        await worker.run_once()
