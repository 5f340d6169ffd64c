"""Measures background work: `python -m tests.core.jobs.figures`.

Starts its own PostgreSQL and Valkey. Prints events a second through an empty consumer, trivial jobs and jobs with a
transaction a second, and what an idle worker takes.
"""

from __future__ import annotations

import asyncio
import os
import resource
import time
from collections.abc import Sequence

from tests.servers import servers_of_program

EVENTS = 100_000
JOBS = 10_000
MEASURED_SECONDS = 20.0
ADD_EVENTS = """
INSERT INTO events (kind, actor_id, post_id) SELECT 'post_liked', 1, n FROM generate_series(1, $1::int) n
"""
ADD_JOBS = """
INSERT INTO jobs (kind, arguments) SELECT $1, jsonb_build_object('post', n) FROM generate_series(1, $2::int) n
"""
SESSIONS = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"


def processor_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


async def measure() -> None:
    from datetime import timedelta  # noqa: PLC0415  # after Django is set up

    from core.database.cursors import CursorSigner  # noqa: PLC0415
    from core.database.database import Database, Transaction  # noqa: PLC0415
    from core.events.event_log import EventLog, EventRow  # noqa: PLC0415
    from core.events.notifier import Notifier  # noqa: PLC0415
    from core.jobs.registry import Consumer  # noqa: PLC0415
    from core.jobs.worker import CONNECTIONS, IDLE_SECONDS, JOB_CONNECTIONS, Worker  # noqa: PLC0415
    from tests.core.jobs import effects  # noqa: PLC0415

    async def empty(_: Transaction, events: Sequence[EventRow]) -> None:
        del events

    url = os.environ["DATABASE_URL"]
    control = await Database(url, size=1).open()
    await control.write(effects.TABLE)
    database = await Database(url, size=CONNECTIONS).open()
    job_database = await Database(url, size=JOB_CONNECTIONS).open()
    log = EventLog(database, CursorSigner(b"figures"), retention=timedelta(hours=1))
    consumer = Consumer("empty", empty, from_end=False, events_at_once=1_000)
    kinds = {each.name: each for each in (effects.trivial, effects.of_event)}
    worker = Worker(
        database,
        job_database,
        log,
        Notifier(os.environ["REDIS_URL"]),
        consumers={"empty": consumer},
        kinds=kinds,
    )
    await worker.consumers.register()
    stopping = asyncio.Event()
    await control.write(ADD_EVENTS, EVENTS)
    working = asyncio.create_task(worker.run(stopping))
    await finished(
        control,
        "consumed events",
        EVENTS,
        "SELECT count(*) FROM events e, event_consumers c WHERE e.id > c.event",
    )
    for kind in kinds:
        await control.write(ADD_JOBS, kind, JOBS)
        worker.wake()
        await finished(control, kind, JOBS, "SELECT count(*) FROM jobs")
    await asyncio.sleep(IDLE_SECONDS + 1)
    used = processor_seconds()
    await asyncio.sleep(MEASURED_SECONDS)
    used = processor_seconds() - used
    [[sessions]] = await control.fetch(SESSIONS)
    print(f"idle: {100 * used / MEASURED_SECONDS:.2f} % of a core, {sessions} connections")
    stopping.set()
    began = time.monotonic()
    await working
    print(f"stopped in {time.monotonic() - began:.2f} s")
    await database.close()
    await job_database.close()
    await control.close()


async def finished(control: object, what: str, number: int, left: str) -> None:
    began, used = time.monotonic(), processor_seconds()
    while (await control.fetch(left))[0][0]:  # type: ignore[attr-defined]  # a Database  # noqa: ASYNC110
        await asyncio.sleep(0.02)
    seconds = time.monotonic() - began
    print(
        f"{what}: {number / seconds:,.0f}/s ({processor_seconds() - used:.2f} s of its own in {seconds:.2f} s)"
    )


def main() -> None:
    with servers_of_program():
        import uvloop  # noqa: PLC0415

        uvloop.run(measure())


if __name__ == "__main__":
    main()
