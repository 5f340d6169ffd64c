"""A worker that is interrupted at any await gives back what it holds, loses no effect and doubles none."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

import pytest

from core.database.database import Database
from core.jobs import consumer_runner, job_runner, worker
from tests.core.database.interruption import CANCELLATIONS, Interrupted, Interruption
from tests.core.jobs import effects
from tests.core.jobs.conftest import enqueue, make_worker, worker_pools
from tests.core.jobs.effects import EVENT, causes

pytestmark = pytest.mark.usefixtures("effects_table")
FINISHED = """
SELECT NOT EXISTS (SELECT FROM jobs)
AND NOT EXISTS (SELECT FROM events e, event_consumers c WHERE (e.transaction, e.id) > (c.transaction, c.event))
"""
EXPIRE_LEASES = "UPDATE jobs SET run_at = now()"
EXPIRE_CONSUMERS = "UPDATE event_consumers SET leased_until = now()"
LOOPS = ["Worker.run", "ConsumerRunner.run", "JobRunner.run"]
UNITS = ["ConsumerRunner._consume", "JobRunner._run"]
CASES = [
    *((name, CANCELLATIONS[0]) for name in LOOPS),
    *((name, interruption) for name in UNITS for interruption in CANCELLATIONS),
]
SECONDS = 30.0
"""Timeout of a worker, on a busy machine."""
SECONDS_AFTER = 0.3
"""How long a worker goes on after its interruption, after which it may have to wait until a lease expires."""
MAX_NTH = 12
"""The awaits of a loop repeat."""


@pytest.fixture(autouse=True)
def quick_and_quiet(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """Short polls, and no output of expected failures."""
    caplog.set_level(logging.CRITICAL)
    for module in (consumer_runner, job_runner):
        monkeypatch.setattr(module, "POLL_SECONDS", 0.02)
    monkeypatch.setattr(worker, "GRACE_SECONDS", 0.05)


class InterruptedPart:
    """A task factory that interrupts the first coroutine of a name at its nth await."""

    def __init__(self, name: str, nth: int, interruption: Interruption) -> None:
        self._name = name
        self._nth = nth
        self._interruption = interruption
        self.interrupted: Interrupted | None = None

    def __call__(
        self, loop: asyncio.AbstractEventLoop, coroutine: Coroutine[Any, Any, Any], **named: Any
    ) -> asyncio.Task[Any]:
        if method_of(coroutine) != self._name or self.interrupted is not None:
            return asyncio.Task(coroutine, loop=loop, **named)
        interrupted = self.interrupted = Interrupted(coroutine, self._nth, self._interruption)

        async def awaiting() -> None:
            await interrupted

        return asyncio.Task(awaiting(), loop=loop, **named)

    @property
    def reached(self) -> bool:
        return self.interrupted is not None and self.interrupted.reached


def method_of(coroutine: Coroutine[Any, Any, Any]) -> str:
    """The class of the object and the name of its method, of which the coroutine is a call."""
    frame = getattr(coroutine, "cr_frame", None)
    owner = frame.f_locals.get("self") if frame else None
    return f"{type(owner).__name__}.{getattr(coroutine, '__name__', '')}"


async def work_until_finished(database: Database, part: InterruptedPart | None = None) -> None:
    """Runs a worker until nothing is left to do, it has ended, or its interruption is `SECONDS_AFTER` ago.

    Nothing of it may be left behind.
    """
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    before = asyncio.all_tasks()
    async with worker_pools() as pools:
        loop.set_task_factory(part)  # type: ignore[arg-type]  # typed for more than coroutines
        try:
            working = asyncio.create_task(make_worker(*pools).run(stopping))
            ends_at = loop.time() + SECONDS
            while not working.done() and loop.time() < ends_at:
                if (await database.fetch(FINISHED))[0][0]:
                    break
                await asyncio.sleep(0.02)
                if part is not None and part.reached:
                    ends_at = min(ends_at, loop.time() + SECONDS_AFTER)
            stopping.set()
            await asyncio.wait([working])
        finally:
            loop.set_task_factory(None)
        if not working.cancelled():
            working.exception()
    left = asyncio.all_tasks() - before
    if left:
        await asyncio.wait(left, timeout=5)
    assert [task for task in asyncio.all_tasks() - before if not task.done()] == []


@pytest.mark.parametrize(
    ("name", "interruption"), CASES, ids=lambda each: getattr(each, "__name__", each)
)
async def test_a_part_of_a_worker_that_is_cancelled_at_any_await(
    database: Database, name: str, interruption: Interruption
) -> None:
    await database.write("INSERT INTO event_consumers VALUES ('effects', 0, 0, 0)")
    nth, expected = 1, set()
    while True:
        post = 2 * nth + 1
        await database.write(EVENT, post)
        await enqueue(database, effects.outside, number=post)
        expected |= {f"event {post}", f"job {post}", f"outside {post}"}
        part = InterruptedPart(name, nth, interruption)
        await work_until_finished(database, part)
        # Another worker does what the first one has left.
        await database.write(EXPIRE_LEASES)
        await database.write(EXPIRE_CONSUMERS)
        await work_until_finished(database)
        assert (await database.fetch(FINISHED))[0][0]
        done = await causes(database)
        once = [cause for cause in done if not cause.startswith("outside")]
        assert len(once) == len(set(once))
        assert set(done) == expected
        if not part.reached or nth > MAX_NTH:
            break
        nth += 1
    assert nth > 3
