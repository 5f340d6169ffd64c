"""Worker processes: `manage.py work`, with the consumers and jobs of `effects` or others."""

from __future__ import annotations

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from random import Random

from tests.leaks import record_output
from tests.paths import ROOT

COMMAND = (sys.executable, "manage.py", "work")
EFFECTS = ("tests.core.jobs.effects",)
START_SECONDS = 60


class WorkerProcess:
    """A worker, and what it has written so far."""

    def __init__(self, process: Process) -> None:
        self.process = process
        self.output = ""
        self._reading = asyncio.create_task(self._read())
        self._has_started = asyncio.Event()

    async def started(self) -> None:
        """Waits until it works."""
        async with asyncio.timeout(START_SECONDS):
            await self._has_started.wait()
        assert self.process.returncode is None, self.output

    async def ended(self, *, seconds: float) -> int:
        """Its exit code, once it has ended. Errors: TimeoutError."""
        async with asyncio.timeout(seconds):
            await self._reading
            return await self.process.wait()

    async def kill(self) -> None:
        with suppress(ProcessLookupError):
            self.process.kill()
        await self.ended(seconds=20)

    async def _read(self) -> None:
        assert self.process.stderr is not None
        async for line in self.process.stderr:
            self.output += line.decode()
            if b"The worker has started" in line:
                self._has_started.set()
        self._has_started.set()
        record_output(COMMAND, self.output)


async def kill_at_random(
    workers: list[WorkerProcess],
    start: Callable[[], Awaitable[WorkerProcess]],
    rng: Random,
    *,
    kills: int,
    most_seconds: float = 1.0,
) -> None:
    """Kills a worker so many times, and starts another in its place; some are killed while they start.

    `most_seconds`: the longest time between two kills.
    """
    for _ in range(kills):
        await asyncio.sleep(rng.uniform(0.05, most_seconds))
        killed = rng.randrange(len(workers))
        await workers[killed].kill()
        workers[killed] = await start()
        if rng.random() < 0.5:
            await workers[killed].started()


async def start_worker(
    modules: Sequence[str] = EFFECTS, options: Sequence[str] = (), **variables: str
) -> WorkerProcess:
    """A new worker process, which imports these modules besides the product's."""
    command = (*COMMAND, *options, *(f"--import={module}" for module in modules))
    environment = {**os.environ, "LOG_LEVEL": "INFO", **variables}
    return WorkerProcess(
        await asyncio.create_subprocess_exec(*command, cwd=ROOT, stderr=PIPE, env=environment)
    )


@asynccontextmanager
async def worker_process(**variables: str) -> AsyncIterator[WorkerProcess]:
    """A worker process that works; killed at the end."""
    worker = await start_worker(**variables)
    try:
        await worker.started()
        yield worker
    finally:
        await worker.kill()
