"""Jobs that write what searches read of rows that are older than the search."""

from __future__ import annotations

from core.database.time_ordered_keys import HIGHEST_KEY
from core.jobs.job_run import JobRun
from core.jobs.registry import Priority, job
from feed.search.statements import SQL

USERS_AT_ONCE = 500


@job("user_names_fill", priority=Priority.LOW)
async def fill_user_names(run: JobRun) -> None:
    """Writes the names of some users, the newest first, and adds the job for those before them."""
    below = run.arguments.get("below", HIGHEST_KEY)
    async with run.transaction() as transaction:
        rows = await transaction.fetch(SQL.user_names_fill, below, USERS_AT_ONCE)
        lowest = rows[0][0]
        if lowest is not None:
            await fill_user_names.enqueue(transaction, {"below": lowest})
