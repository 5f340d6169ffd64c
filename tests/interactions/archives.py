"""Archives of users, made as the worker makes them."""

from __future__ import annotations

from typing import Any

from core.context import Services
from core.jobs.job_runner import JobRunner
from interactions.jobs import data_export
from tests.core.accounts.world import ApiClient, number_of


async def make_archive(services: Services, user: int) -> dict[str, Any]:
    """The user's archive once it is made, as GraphQL shows it."""
    client = ApiClient(services, user)
    made = (await client.do("ExportData"))["export"]
    assert (made["state"], made["url"], made["expiresAt"]) == ("PENDING", None, None)
    database = services.database
    runner = JobRunner(database, database, {data_export.name: data_export})
    while await number_of(database, "jobs WHERE kind = 'data_export'"):
        await runner.start_due()
        await runner.end(grace_seconds=20, cancel_seconds=1)
        runner = JobRunner(database, database, {data_export.name: data_export})
    ready: dict[str, Any] = await client.data("ExportState", id=made["id"])
    return ready
