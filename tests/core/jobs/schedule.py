"""A schedule for tests."""

from __future__ import annotations

from datetime import timedelta

from core.jobs.job_run import JobRun
from core.jobs.registry import job
from tests.core.jobs.effects import EFFECT


@job("schedule_of_effects", every=timedelta(hours=1))
async def scheduled(run: JobRun) -> None:
    async with run.transaction() as transaction:
        await transaction.fetch(EFFECT, "scheduled", None)
