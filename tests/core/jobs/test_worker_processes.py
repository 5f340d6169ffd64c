"""Worker processes that are killed, stopped, or ended by a job lose nothing and double nothing."""

from __future__ import annotations

import asyncio
import re
import signal

import httpx
import pytest
from django.core.management.base import CommandError

from core.database.database import Database
from core.devserver.ports import free_port
from core.jobs import job_runner
from core.jobs.causes import CAUSE
from core.jobs.management.commands.work import STOP_SECONDS, import_named
from tests.core.jobs import effects
from tests.core.jobs.conftest import enqueue, until
from tests.core.jobs.effects import causes
from tests.core.jobs.kills import kill_under_load
from tests.core.jobs.processes import start_worker, worker_process

pytestmark = pytest.mark.usefixtures("effects_table")
RUNNING = "EXISTS (SELECT FROM jobs WHERE id = $1 AND lease IS NOT NULL)"


@pytest.mark.timeout(300)
async def test_killed_workers_lose_no_effect_and_double_none(database: Database) -> None:
    number, _ = await kill_under_load(database, start_worker, 4, seed=1)
    assert number > 10


@pytest.mark.parametrize(
    "kind", [effects.slow, effects.threaded, effects.blocking, effects.stubborn]
)
async def test_a_worker_stops_within_two_seconds_whatever_it_runs(
    database: Database, kind: effects.JobKind
) -> None:
    async with worker_process() as worker:
        key = await enqueue(database, kind, number=1, seconds=100)
        await until(database, RUNNING, key)
        worker.process.send_signal(signal.SIGTERM)
        code = await worker.ended(seconds=20)
    # Its own timer measures this, so that a busy machine does not fail the test.
    assert code == 0 or f"Timeout (0:00:0{STOP_SECONDS}" in worker.output, worker.output
    if kind in {effects.slow, effects.threaded}:
        assert code == 0, worker.output
        [row] = await database.fetch("SELECT attempts, lease FROM jobs WHERE id = $1", key)
        assert tuple(row) == (0, None)
    assert await causes(database) == []


async def test_an_idle_worker_stops_by_itself(database: Database) -> None:
    async with worker_process() as worker:
        worker.process.send_signal(signal.SIGINT)
        assert await worker.ended(seconds=20) == 0, worker.output


@pytest.mark.parametrize("kind", [effects.stubborn, effects.reluctant])
async def test_a_job_that_ignores_its_timeout_ends_the_worker_and_is_dead_after_some(
    database: Database, kind: effects.JobKind
) -> None:
    key = await enqueue(database, kind)
    await database.write("UPDATE jobs SET lost = $1", job_runner.MAX_LOST - 1)
    async with worker_process() as worker:
        assert await worker.ended(seconds=60) == 1
    assert f"job {kind.name} {key} goes on" in worker.output
    await database.write("UPDATE jobs SET run_at = now()")  # Its lease expires.
    async with worker_process():
        await until(
            database, "EXISTS (SELECT FROM jobs WHERE id = $1 AND failed_at IS NOT NULL)", key
        )


async def test_a_job_that_ignores_its_timeout_ends_one_round(database: Database) -> None:
    key = await enqueue(database, effects.stubborn)
    worker = await start_worker(options=["--once"])
    try:
        assert await worker.ended(seconds=60) == 1
    finally:
        await worker.kill()
    assert f"job effects.stubborn {key} goes on" in worker.output


async def test_a_job_that_takes_too_much_memory_fails_and_the_others_go_on(
    database: Database,
) -> None:
    key = await enqueue(database, effects.greedy)
    await database.write("UPDATE jobs SET attempts = 1 WHERE id = $1", key)
    async with worker_process(WORKER_MEMORY_MB="400"):
        await until(
            database, "EXISTS (SELECT FROM jobs WHERE id = $1 AND failed_at IS NOT NULL)", key
        )
        await enqueue(database, effects.of_event, post=1)
        await until(database, "EXISTS (SELECT FROM effects)")
    [[error]] = await database.fetch("SELECT error FROM jobs WHERE id = $1", key)
    assert error == "MemoryError"


async def test_a_job_that_ends_its_workers_is_dead_and_the_others_are_done(
    database: Database,
) -> None:
    key = await enqueue(database, effects.killer)
    await database.write("UPDATE jobs SET lost = $1", job_runner.MAX_LOST - 1)
    async with worker_process() as worker:
        assert await worker.ended(seconds=60) == -signal.SIGKILL
    await database.write("UPDATE jobs SET run_at = now()")  # Its lease expires.
    await enqueue(database, effects.of_event, post=1)
    async with worker_process():
        await until(database, "EXISTS (SELECT FROM effects)")
        await until(
            database, "EXISTS (SELECT FROM jobs WHERE id = $1 AND failed_at IS NOT NULL)", key
        )
    assert await causes(database) == ["job 1"]


async def test_a_worker_waits_for_a_database_that_is_away() -> None:
    worker = await start_worker(DATABASE_URL="postgresql://127.0.0.1:1/feed")
    async with asyncio.timeout(60):
        while "The database can't be reached" not in worker.output:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    worker.process.send_signal(signal.SIGTERM)
    assert await worker.ended(seconds=20) == 0


async def test_metrics_describe_the_queue_and_the_consumers(database: Database) -> None:
    port = free_port()
    key = await enqueue(database, effects.failing)
    await database.write("UPDATE jobs SET attempts = 2 WHERE id = $1", key)
    slow = await enqueue(database, effects.slow, number=1, seconds=100)
    await database.write("UPDATE jobs SET run_at = now() + interval '1 hour' WHERE id = $1", slow)
    # Nothing registers this kind, so it waits.
    await database.write(
        "INSERT INTO jobs (kind, arguments, run_at) VALUES ('unknown', '{}', now() - interval '9 s')"
    )
    # The code has this consumer no more, so events are kept for it.
    await database.write("INSERT INTO event_consumers VALUES ('gone', 0, 0, 0)")
    wanted = [
        'feed_jobs_waiting{kind="unknown"} 1.0',
        'feed_jobs_dead{kind="effects.failing"} 1.0',
        'feed_job_runs_total{kind="effects.failing",outcome="dead"} 1.0',
        'feed_consumer_lag_events{consumer="effects"} 0.0',
        'feed_consumer_lag_seconds{consumer="effects"} 0.0',
        'feed_consumer_lag_events{consumer="gone"} 0.0',
    ]
    async with (
        worker_process(WORKER_METRICS_PORT=str(port)) as worker,
        httpx.AsyncClient(timeout=20) as client,
    ):
        async with asyncio.timeout(60):
            while True:
                text = (await client.get(f"http://127.0.0.1:{port}/metrics")).text
                if all(line in text for line in wanted):
                    break
                await asyncio.sleep(0.2)
        [oldest] = re.findall(r'feed_jobs_oldest_seconds{kind="unknown"} (\S+)', text)
        assert float(oldest) >= 9
        second = await start_worker(WORKER_METRICS_PORT=str(port))
        assert await second.ended(seconds=60) == 1
        assert "Workers on one machine need different ones." in second.output
    assert "Job effects.failing" in worker.output


async def test_log_lines_of_a_job_name_its_cause(database: Database) -> None:
    token = CAUSE.set("request 0a1b")
    try:
        await enqueue(database, effects.failing)
    finally:
        CAUSE.reset(token)
    async with worker_process() as worker:
        await until(database, "EXISTS (SELECT FROM effects)")
        async with asyncio.timeout(20):
            while "caused by request 0a1b" not in worker.output:  # noqa: ASYNC110
                await asyncio.sleep(0.05)


@pytest.mark.parametrize("module", ["no.such_module", "tests.no_such_module", "a..b", ".jobs"])
def test_a_module_that_does_not_exist_is_named(module: str) -> None:
    with pytest.raises(CommandError, match=f"{re.escape(module)} can't be imported"):
        import_named(module)
