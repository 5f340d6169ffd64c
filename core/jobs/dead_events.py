"""Events that a consumer could not handle: dead jobs. One that is retried hands its event to the consumer again."""

from __future__ import annotations

import json
from datetime import datetime

from core.events.event_log import EventRow
from core.jobs.job_run import JobRun
from core.jobs.registry import CONSUMERS, job

DEAD_EVENT = "consumer_event"


def dead_event_arguments(consumer: str, event: EventRow) -> str:
    """The arguments of the job, as JSON."""
    return json.dumps(
        {"consumer": consumer, "event": event._replace(created_at=event.created_at.isoformat())}  # type: ignore[arg-type]  # for JSON
    )


@job(DEAD_EVENT)
async def consumer_event(run: JobRun) -> None:
    """Hands one event to its consumer, out of the log's order."""
    name, columns = run.arguments["consumer"], run.arguments["event"]
    if name not in CONSUMERS:
        raise LookupError(f"No consumer is named {name}.")
    event = EventRow(*columns)
    event = event._replace(created_at=datetime.fromisoformat(str(event.created_at)))
    async with run.transaction() as transaction:
        await CONSUMERS[name].consume(transaction, [event])
