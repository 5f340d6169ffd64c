"""A worker in the process of the tests, and the table of its effects."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta

import pytest

from core.database.cursors import CursorSigner
from core.database.database import Database
from core.events.event_log import EventLog
from core.events.notifier import Notifier
from core.jobs.registry import CONSUMERS, JOB_SECONDS, KINDS, Consumer, JobKind
from core.jobs.worker import CONNECTIONS, JOB_CONNECTIONS, Worker
from tests.core.jobs import effects, schedule


@pytest.fixture
async def effects_table(database: Database) -> AsyncIterator[None]:
    await database.write(effects.TABLE)
    yield
    await database.write("DROP TABLE effects")


def make_worker(database: Database, job_database: Database, *, scheduled: bool = False) -> Worker:
    """A worker with the consumers and jobs of `effects`, with or without its schedule."""
    prefixes = ("effects", "consumer_event", *([schedule.scheduled.name] if scheduled else []))
    consumers: dict[str, Consumer] = {
        name: each for name, each in CONSUMERS.items() if name.startswith("effects")
    }
    kinds: dict[str, JobKind] = {
        name: each for name, each in KINDS.items() if name.startswith(prefixes)
    }
    log = EventLog(database, CursorSigner(b"for tests"), retention=timedelta(hours=24))
    notifier = Notifier(os.environ["REDIS_URL"])
    return Worker(database, job_database, log, notifier, consumers=consumers, kinds=kinds)


@asynccontextmanager
async def worker_pools() -> AsyncIterator[tuple[Database, Database]]:
    """The connections of a worker and of its jobs, which must all be released at the end."""
    url = os.environ["DATABASE_URL"]
    pools = (
        Database(url, size=CONNECTIONS),
        Database(url, size=JOB_CONNECTIONS, acquire_seconds=JOB_SECONDS),
    )
    async with AsyncExitStack() as stack:
        for pool in pools:
            stack.push_async_callback(pool.close)
        yield pools
        async with asyncio.timeout(20):
            # The connection of a cancelled statement is released when the statement has ended.
            while any(pool.unused_connections < pool.size for pool in pools):  # noqa: ASYNC110
                await asyncio.sleep(0.005)


@asynccontextmanager
async def working(*, scheduled: bool = False) -> AsyncIterator[Worker]:
    """A running worker."""
    async with worker_pools() as pools:
        worker = make_worker(*pools, scheduled=scheduled)
        stopping = asyncio.Event()
        running = asyncio.create_task(worker.run(stopping))
        try:
            yield worker
        finally:
            stopping.set()
            await running


async def enqueue(database: Database, kind: JobKind, **arguments: object) -> int:
    """Adds a job; returns its key."""
    async with database.transaction() as transaction:
        return await kind.enqueue(transaction, arguments)


async def until(
    database: Database, condition: str, *arguments: object, seconds: float = 60
) -> None:
    """Waits until the statement returns true."""
    async with asyncio.timeout(seconds):
        while not (await database.fetch(f"SELECT {condition}", *arguments))[0][0]:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
