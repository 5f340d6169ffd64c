"""Consumers and jobs for tests, whose effects are rows. A worker process imports them by `--import`.

An effect is inserted without a unique constraint, so that a second one of the same cause would be found.
"""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Sequence
from datetime import timedelta

from core.database.database import Database, Transaction
from core.events.event_log import EventRow
from core.jobs.job_run import JobRun
from core.jobs.registry import JobKind, Priority, consumer, job

__all__ = ["JobKind"]

TABLE = "CREATE TABLE effects (id bigserial PRIMARY KEY, cause text NOT NULL, detail text)"
EFFECT = "INSERT INTO effects (cause, detail) VALUES ($1, $2)"
EVENT = "INSERT INTO events (kind, actor_id, post_id) VALUES ('post_liked', 1, $1)"
RELEASED = asyncio.Event()
"""What jobs of `holding` wait for."""
RUNNING: list[str] = []
"""The jobs of `few` that run."""
POISON = 666
"""The post whose event the consumer `effects` refuses."""


@consumer("effects", events_at_once=100)
async def effects(transaction: Transaction, events: Sequence[EventRow]) -> None:
    """An effect and a job for each event. Refuses one event."""
    for event in events:
        if event.post_id == POISON:
            raise ValueError("this event can't be handled")
        await transaction.fetch(EFFECT, f"event {event.post_id}", None)
        if event.post_id is not None and event.post_id % 2:
            await of_event.enqueue(transaction, {"post": event.post_id})


@job("effects.of_event")
async def of_event(run: JobRun) -> None:
    async with run.transaction() as transaction:
        await transaction.fetch(EFFECT, f"job {run.arguments['post']}", run.key)


@job("effects.slow", timeout_seconds=120)
async def slow(run: JobRun) -> None:
    """Waits amid its transaction, so that it can be killed there."""
    async with run.transaction() as transaction:
        await transaction.fetch(EFFECT, f"slow {run.arguments['number']}", None)
        await asyncio.sleep(run.arguments["seconds"])


@job("effects.holding", timeout_seconds=120)
async def holding(run: JobRun) -> None:
    """Holds a connection that is not that of its transaction."""
    await run.database.write(EFFECT, "holding", None)
    async with run.database.transaction() as transaction:
        await transaction.fetch(EFFECT, "held", None)
        while not RELEASED.is_set():
            # PostgreSQL ends a transaction that is idle for long.
            await transaction.fetch("SELECT pg_sleep(0.02)")


@job("effects.few", at_once=2)
async def few(run: JobRun) -> None:
    """Stores how many of its kind run, then lets others begin."""
    RUNNING.append(run.key)
    await run.database.write(EFFECT, "few", str(len(RUNNING)))
    await asyncio.sleep(0.02)
    RUNNING.remove(run.key)


@job("effects.outside")
async def outside(run: JobRun) -> None:
    """An effect that does not commit with the end of the job, marked with its key."""
    await run.database.write(EFFECT, f"outside {run.arguments['number']}", run.key)


@job("effects.trivial")
async def trivial(run: JobRun) -> None:
    """Does nothing."""


@job("effects.steps")
async def steps(run: JobRun) -> None:
    """Many short runs, each with an effect."""
    async with run.transaction() as transaction:
        await transaction.fetch(EFFECT, "step", str(run.attempt))
        rows = await transaction.fetch("SELECT count(*) FROM effects WHERE cause = 'step'")
        if rows[0][0] < run.arguments["steps"]:
            run.repeat(after=timedelta(milliseconds=run.arguments.get("pause_milliseconds", 0)))


@job("effects.failing", attempts=3)
async def failing(run: JobRun) -> None:
    await run.database.write(EFFECT, "failing", str(run.attempt))
    raise RuntimeError("this job always fails")


class Unprintable(Exception):
    def __str__(self) -> str:
        raise RuntimeError


ERRORS: dict[str, BaseException] = {
    "SystemExit: 3": SystemExit(3),
    "KeyboardInterrupt": KeyboardInterrupt(),
    "GeneratorExit": GeneratorExit(),
    "BaseExceptionGroup: two (1 sub-exception)": BaseExceptionGroup("two", [SystemExit(3)]),
    "CancelledError: what it awaited was cancelled.": asyncio.CancelledError(),
    "Unprintable": Unprintable(),
    "ValueError: a lone ? and a ": ValueError("a lone \ud800 and a \0"),
    "MemoryError": MemoryError(),
    f"ValueError: {'x' * 1_988}": ValueError("x" * 10_000_000),
    "ExceptionGroup: two (1 sub-exception)": ExceptionGroup("two", [KeyError()]),
}
"""Errors that a job may raise, by their reasons."""


@job("effects.raising", attempts=1)
async def raising(run: JobRun) -> None:
    raise ERRORS[run.arguments["reason"]]


@job("effects.endless", timeout_seconds=0.2, attempts=2)
async def endless(run: JobRun) -> None:
    """Waits for ever."""
    await asyncio.Event().wait()


@job("effects.stubborn", timeout_seconds=0.2)
async def stubborn(run: JobRun) -> None:
    """Waits for ever, and ignores its cancellation."""
    while True:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            continue


@job("effects.reluctant", timeout_seconds=0.2)
async def reluctant(run: JobRun) -> None:
    """Waits for ever, and ends when it is cancelled for the second time."""
    try:
        await asyncio.sleep(60)
    except asyncio.CancelledError:
        await asyncio.sleep(60)


@job("effects.blocking")
async def blocking(run: JobRun) -> None:
    """Never returns to the event loop."""
    time.sleep(600)  # noqa: ASYNC251  # this is what is tested


@job("effects.threaded")
async def threaded(run: JobRun) -> None:
    """Waits for a thread that does not end."""
    await asyncio.to_thread(time.sleep, 600)


@job("effects.greedy", attempts=2)
async def greedy(run: JobRun) -> None:
    """Takes all memory that it gets."""
    taken = []
    while True:
        taken.append(bytearray(8_000_000))
        await asyncio.sleep(0)


@job("effects.killer")
async def killer(run: JobRun) -> None:
    """Ends its worker."""
    os.kill(os.getpid(), signal.SIGKILL)


@job("effects.important", priority=Priority.HIGH)
async def important(run: JobRun) -> None:
    async with run.transaction() as transaction:
        await transaction.fetch(EFFECT, "important", None)


async def causes(database: Database) -> list[str]:
    """The causes of all effects. Order: as they were inserted."""
    return [row[0] for row in await database.fetch("SELECT cause FROM effects ORDER BY id")]
