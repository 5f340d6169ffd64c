"""What the worker runs: consumers of the event log and kinds of jobs, registered by decorators.

`docs/background-work.md` says how to add one.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import IntEnum
from typing import Any

from core.database.database import Transaction
from core.database.django_bridge import run
from core.events.event_log import EventRow
from core.jobs.causes import current_cause
from core.jobs.job_run import NOW, JobRun
from core.jobs.statements import SQL

MAX_ARGUMENTS_LENGTH = 64 * 1024
JOB_SECONDS = 60.0
JOB_ATTEMPTS = 8
EVENTS_AT_ONCE = 1_000

Arguments = Mapping[str, Any]
"""Arguments of a job: a JSON object."""
Consume = Callable[[Transaction, Sequence[EventRow]], Awaitable[int | None]]
"""Handles the next events, in order. The transaction commits its writes together with the consumer's position.

Gives how many of the first events it has handled, None for all; it gets the others again. With 0 it has done a part of
the work of the first one, and has stored where to go on."""
Perform = Callable[[JobRun], Awaitable[None]]
"""Performs a job once."""


class Priority(IntEnum):
    """Due jobs of a higher priority run first, whatever waits below."""

    HIGH = 0
    NORMAL = 1
    LOW = 2


@dataclass(frozen=True, slots=True)
class Consumer:
    """A consumer of the event log, with a position of its own."""

    name: str
    consume: Consume
    from_end: bool
    """Whether it starts with the events after its registration; otherwise with all that the log has."""
    events_at_once: int


@dataclass(frozen=True, slots=True)
class JobKind:
    """A kind of job. Its jobs are rows of `jobs` with its name."""

    name: str
    perform: Perform
    priority: Priority
    timeout_seconds: float
    attempts: int
    every: timedelta | None
    """The time between two runs of a scheduled kind, of which there is one job; None for others."""
    at_once: int | None = None
    """How many of its jobs a worker runs at once, at most; None: as many as it runs in all."""

    async def enqueue(
        self,
        transaction: Transaction,
        arguments: Arguments | None = None,
        *,
        delay: timedelta = NOW,
    ) -> int:
        """Adds a job in the transaction of its cause. Its key. Errors: ValueError for arguments that are too large."""
        rows = await transaction.fetch(SQL.job_enqueue, *self._columns(arguments, delay))
        return int(rows[0][0])

    def enqueue_by_orm(self, arguments: Arguments | None = None) -> int:
        """As `enqueue`, in the current transaction of Django's connection."""
        return int(run(SQL.job_enqueue, *self._columns(arguments, NOW))[0][0])

    def _columns(
        self, arguments: Arguments | None, delay: timedelta
    ) -> tuple[str, str, int, int, None, str | None]:
        text = json.dumps(dict(arguments or {}))
        if len(text) > MAX_ARGUMENTS_LENGTH:
            raise ValueError(
                f"The arguments of a job may have {MAX_ARGUMENTS_LENGTH} bytes: store the data in a table, "
                "and pass its key."
            )
        milliseconds = delay // timedelta(milliseconds=1)
        return self.name, text, int(self.priority), milliseconds, None, current_cause()


CONSUMERS: dict[str, Consumer] = {}
KINDS: dict[str, JobKind] = {}


def consumer(
    name: str, *, from_end: bool = True, events_at_once: int = EVENTS_AT_ONCE
) -> Callable[[Consume], Consume]:
    """Registers a function as a consumer of the event log. Errors: ValueError for a name that is taken."""

    def register(consume: Consume) -> Consume:
        _check_free(name, CONSUMERS)
        CONSUMERS[name] = Consumer(name, consume, from_end, events_at_once)
        return consume

    return register


def job(
    name: str,
    *,
    priority: Priority = Priority.NORMAL,
    timeout_seconds: float = JOB_SECONDS,
    attempts: int = JOB_ATTEMPTS,
    every: timedelta | None = None,
    at_once: int | None = None,
) -> Callable[[Perform], JobKind]:
    """Makes a function a kind of job. Errors: ValueError for a name that is taken."""

    def register(perform: Perform) -> JobKind:
        _check_free(name, KINDS)
        kind = KINDS[name] = JobKind(
            name, perform, priority, timeout_seconds, attempts, every, at_once
        )
        return kind

    return register


def _check_free(name: str, registered: Mapping[str, object]) -> None:
    if name in registered:
        raise ValueError(f"The name {name!r} is registered twice.")
