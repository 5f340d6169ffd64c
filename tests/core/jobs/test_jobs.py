"""Jobs end once, are retried, or become dead with their reason; leases expire and are prolonged."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from core.database.database import Database, Row
from core.jobs import job_runner, worker
from core.jobs.registry import KINDS, MAX_ARGUMENTS_LENGTH
from core.jobs.statements import SQL
from core.jobs.worker import CONNECTIONS, JOB_CONNECTIONS
from tests.core.jobs import effects
from tests.core.jobs.conftest import enqueue, make_worker, until, working
from tests.core.jobs.effects import causes

pytestmark = pytest.mark.usefixtures("effects_table")
DONE = "NOT EXISTS (SELECT FROM jobs WHERE failed_at IS NULL AND unique_key IS NULL)"

SCHEDULED = "SELECT count(*) FROM effects WHERE cause = 'scheduled'"
SESSIONS = "FROM pg_stat_activity WHERE datname = current_database()"


@pytest.fixture(autouse=True)
def quick_and_quiet(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """Short pauses, and no output of expected failures."""
    caplog.set_level(logging.CRITICAL)
    monkeypatch.setattr(
        job_runner, "pause_before_retry", lambda *_, **__: timedelta(milliseconds=20)
    )


async def test_jobs_of_workers_side_by_side_end_once(database: Database) -> None:
    for number in range(100):
        await enqueue(database, effects.of_event, post=number)
    async with working(), working():
        await until(database, DONE)
    assert sorted(await causes(database)) == sorted(f"job {number}" for number in range(100))


async def test_a_rolled_back_cause_adds_no_job(database: Database) -> None:
    with suppress(KeyError):
        async with database.transaction() as transaction:
            await effects.of_event.enqueue(transaction, {"post": 1})
            raise KeyError
    assert await database.fetch("SELECT FROM jobs") == []


async def test_large_arguments_are_refused(database: Database) -> None:
    async with database.transaction() as transaction:
        with pytest.raises(ValueError, match="store the data in a table"):
            await effects.trivial.enqueue(transaction, {"x": "x" * MAX_ARGUMENTS_LENGTH})


async def test_a_job_that_always_fails_is_dead_with_its_reason(database: Database) -> None:
    await enqueue(database, effects.failing)
    async with working():
        await until(database, DONE)
    assert await database.fetch(
        "SELECT attempts, error, lease FROM jobs WHERE failed_at IS NOT NULL"
    ) == [(3, "RuntimeError: this job always fails", None)]
    details = [row[0] for row in await database.fetch("SELECT detail FROM effects ORDER BY id")]
    assert details == ["1", "2", "3"]


@pytest.mark.parametrize("why", effects.ERRORS, ids=lambda why: why[:60])
async def test_whatever_a_job_raises_is_stored_and_the_worker_goes_on(
    database: Database, why: str
) -> None:
    await enqueue(database, effects.raising, reason=why)
    async with working() as worker:
        await until(database, DONE)
        await enqueue(database, effects.of_event, post=1)
        await until(database, DONE)
        assert worker.jobs._held == {}
    [[error]] = await database.fetch("SELECT error FROM jobs WHERE failed_at IS NOT NULL")
    assert error.removeprefix("WorkAborted: ") == why
    assert await causes(database) == ["job 1"]


async def test_a_job_that_never_ends_is_cancelled_and_dead(database: Database) -> None:
    await enqueue(database, effects.endless)
    async with working():
        await until(database, DONE)
    [[error]] = await database.fetch("SELECT error FROM jobs WHERE failed_at IS NOT NULL")
    assert error == "TimeoutError: It did not end within 0.2 s."


async def test_waiting_for_a_connection_does_not_count_as_running(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Eight transactions of 0.4 s one after the other, each with a timeout of 2 s.
    brief = replace(effects.slow, timeout_seconds=2.0, attempts=1)
    monkeypatch.setitem(KINDS, "effects.slow", brief)
    for number in range(8):
        await enqueue(database, effects.slow, number=number, seconds=0.4)
    async with working():
        await until(database, DONE)
    assert len(await causes(database)) == 8


async def test_a_job_of_many_short_runs_repeats_until_it_is_done(database: Database) -> None:
    await enqueue(database, effects.steps, steps=7)
    async with working():
        await until(database, DONE)
    assert [tuple(row) for row in await database.fetch("SELECT cause, detail FROM effects")] == [
        ("step", "1")
    ] * 7


async def test_due_jobs_of_a_higher_priority_run_first(database: Database) -> None:
    for number in range(60):
        await enqueue(database, effects.of_event, post=number)
    await enqueue(database, effects.important)
    async with working():
        await until(database, DONE)
    assert "important" in (await causes(database))[: job_runner.SLOTS]


async def test_few_jobs_of_a_kind_run_at_once_and_delay_no_other(database: Database) -> None:
    for _ in range(job_runner.SLOTS + 8):
        await enqueue(database, effects.few)
    await enqueue(database, effects.of_event, post=1)
    async with working():
        await until(database, DONE)
    found = await database.fetch("SELECT cause, detail FROM effects ORDER BY id")
    assert {row[1] for row in found if row[0] == "few"} == {"1", "2"}
    assert "job 1" in [row[0] for row in found[:8]]


async def test_a_schedule_runs_once_and_again_later(database: Database) -> None:
    async with working(scheduled=True), working(scheduled=True):
        await until(database, "EXISTS (SELECT FROM effects)")
        await asyncio.sleep(0.2)
    assert await database.fetch(SCHEDULED) == [(1,)]
    [[is_later]] = await database.fetch(
        "SELECT run_at BETWEEN now() + interval '59 minutes' AND now() + interval '1 hour' FROM jobs"
    )
    assert is_later


async def test_one_round_runs_schedules_that_are_not_due(database: Database) -> None:
    for _ in range(2):
        await make_worker(database, database, scheduled=True).run_once()
    assert await database.fetch(SCHEDULED) == [(2,)]


async def test_an_expired_lease_gives_the_job_to_another_and_the_effect_happens_once(
    database: Database,
) -> None:
    await enqueue(database, effects.slow, number=1, seconds=1.0)
    async with working():
        await until(
            database, "EXISTS (SELECT FROM jobs WHERE kind = 'effects.slow' AND lease IS NOT NULL)"
        )
        async with working():
            # As if the first worker had stood still for longer than its lease.
            await database.write("UPDATE jobs SET run_at = now() WHERE kind = 'effects.slow'")
            await until(database, DONE)
    assert await causes(database) == ["slow 1"]


async def test_leases_of_long_jobs_are_prolonged(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Long enough that a busy machine prolongs each lease in time.
    monkeypatch.setattr(job_runner, "LEASE", timedelta(seconds=3))
    monkeypatch.setattr("core.jobs.worker.RENEW_SECONDS", 0.1)
    await enqueue(database, effects.slow, number=1, seconds=4)
    async with working(), working():
        await until(database, DONE)
    assert await causes(database) == ["slow 1"]
    assert await database.fetch("SELECT FROM jobs WHERE lost > 0") == []


async def test_jobs_that_hold_all_their_connections_keep_their_leases_and_delay_no_other(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job_runner, "LEASE", timedelta(seconds=10))
    monkeypatch.setattr("core.jobs.worker.RENEW_SECONDS", 0.1)
    monkeypatch.setattr(effects, "RELEASED", asyncio.Event())
    jobs = CONNECTIONS + JOB_CONNECTIONS
    for _ in range(jobs):
        await enqueue(database, effects.holding)
    leased_until = "extract(epoch FROM min(run_at))::float8 FROM jobs WHERE lease IS NOT NULL"
    async with working():
        holding = "count(*) >= $1 FROM effects WHERE cause = 'holding'"
        await until(database, holding, JOB_CONNECTIONS)
        key = await enqueue(database, effects.trivial)
        await until(database, "NOT EXISTS (SELECT FROM jobs WHERE id = $1)", key)
        [[before]] = await database.fetch(f"SELECT {leased_until}")
        await until(database, f"$1 + 2.0 < {leased_until}", before)
        effects.RELEASED.set()
        await until(database, DONE)
    assert sorted(await causes(database)) == [*["held"] * jobs, *["holding"] * jobs]


async def test_connections_of_jobs_that_are_idle_are_closed_and_opened_again(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    others = [pid for (pid,) in await database.fetch(f"SELECT pid {SESSIONS}")]
    async with working():
        await enqueue(database, effects.of_event, post=1)
        await until(database, DONE)
        of_worker = f"{SESSIONS} AND pid <> ALL($1)"
        [[busy]] = await database.fetch(f"SELECT count(*) {of_worker}", others)
        monkeypatch.setattr(worker, "IDLE_SECONDS", 0.0)
        await until(database, f"count(*) < $2 {of_worker}", others, busy)
        await enqueue(database, effects.of_event, post=2)
        await until(database, DONE)
    assert sorted(await causes(database)) == ["job 1", "job 2"]


async def test_a_job_with_which_workers_end_is_dead(database: Database) -> None:
    key = await enqueue(database, effects.of_event, post=1)
    # As after runs whose workers were killed.
    await database.write(
        "UPDATE jobs SET lease = 1, lost = $2 WHERE id = $1", key, job_runner.MAX_LOST - 1
    )
    async with working():
        await until(database, DONE)
    assert "job 1" not in await causes(database)
    [[error]] = await database.fetch("SELECT error FROM jobs WHERE id = $1", key)
    assert error == "5 workers ended while they ran it."


async def test_jobs_whose_worker_ended_run_alone(database: Database) -> None:
    suspects = [await enqueue(database, effects.slow, number=n, seconds=0.3) for n in range(3)]
    names = {f"job {effects.slow.name} {each}" for each in suspects}
    await database.write("UPDATE jobs SET lease = 1")
    async with working():
        await until(database, "EXISTS (SELECT FROM jobs WHERE lost > 0 AND lease IS NOT NULL)")
        for number in range(3, 6):
            await enqueue(database, effects.slow, number=number, seconds=0.01)
        while await database.fetch("SELECT FROM jobs WHERE lost > 0"):
            held = await database.fetch("SELECT FROM jobs WHERE lost > 0 AND lease IS NOT NULL")
            assert len(held) <= 1  # One that only waits would count as lost if this worker ended.
            tasks = {task.get_name() for task in asyncio.all_tasks()}
            running = {name for name in tasks if name.startswith("job ")}
            assert not running & names or len(running) == 1
            await asyncio.sleep(0.01)
        await until(database, DONE)
    assert sorted(await causes(database)) == [f"slow {number}" for number in range(6)]


async def test_an_effect_outside_carries_the_same_key_in_each_run(database: Database) -> None:
    key = await enqueue(database, effects.outside, number=1)
    async with working():
        await until(database, DONE)
    details = await database.fetch("SELECT detail FROM effects WHERE cause = 'outside 1'")
    assert [tuple(row) for row in details] == [(f"job-{key}",)]


async def test_a_stopped_worker_gives_its_jobs_back(database: Database) -> None:
    key = await enqueue(database, effects.slow, number=1, seconds=30)
    async with working():
        await until(database, "EXISTS (SELECT FROM jobs WHERE id = $1 AND lease IS NOT NULL)", key)
        began = asyncio.get_running_loop().time()
    assert asyncio.get_running_loop().time() - began < 20  # The job takes 30 s.
    [row] = await database.fetch(
        "SELECT attempts, lost, lease, run_at <= now() FROM jobs WHERE id = $1", key
    )
    assert tuple(row) == (0, 0, None, True)
    assert "slow 1" not in await causes(database)


async def test_a_run_that_ends_while_leases_are_renewed_is_not_cancelled(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    await enqueue(database, effects.steps, steps=300)
    async with working() as worker:
        while await database.fetch("SELECT FROM jobs LIMIT 1"):
            await asyncio.gather(*(worker.jobs.renew() for _ in range(2)))
    assert "lost its lease" not in caplog.text


async def test_short_pauses_between_runs_are_kept_without_polling(database: Database) -> None:
    began = asyncio.get_running_loop().time()
    await enqueue(database, effects.steps, steps=30, pause_milliseconds=20)
    async with working():
        await until(database, DONE)
    assert len(await causes(database)) == 30
    # Polls are a second apart.
    assert asyncio.get_running_loop().time() - began < 20


async def test_one_round_waits_for_jobs_that_are_about_to_run_again(database: Database) -> None:
    await enqueue(database, effects.steps, steps=5, pause_milliseconds=50)
    done = await make_worker(database, database).run_once()
    assert done.jobs == 5
    assert len(await causes(database)) == 5


class LateDatabase(Database):
    """The answer to a claim that found none of the steps comes late."""

    def __init__(self, late: Callable[[], Awaitable[None]]) -> None:
        super().__init__(os.environ["DATABASE_URL"], size=CONNECTIONS)
        self._late = late

    async def write(self, statement: str, *arguments: Any) -> list[Row]:
        rows = await super().write(statement, *arguments)
        if statement == SQL.jobs_claim and effects.steps.name in arguments[0] and not rows:
            await self._late()
        return rows


async def test_one_round_sees_what_became_due_during_a_claim(database: Database) -> None:
    await enqueue(database, effects.steps, steps=2)
    claimed = asyncio.Event()

    async def first_step_ends() -> None:
        claimed.set()
        while once.jobs.runs:  # noqa: ASYNC110  # they have no event
            await asyncio.sleep(0.01)
        await asyncio.sleep(2 * worker.REPEAT_SECONDS)

    late = LateDatabase(first_step_ends)
    once = make_worker(late, database)
    async with database.transaction() as transaction:
        await transaction.fetch("LOCK TABLE effects")
        running = asyncio.create_task(once.run_once())
        await claimed.wait()
    await running
    await late.close()
    assert len(await causes(database)) == 2
