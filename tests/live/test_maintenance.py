"""The worker removes expired rows by itself, and retains others."""

from __future__ import annotations

import signal
from asyncio import to_thread

import pytest
from django.core.management import call_command

from core.accounts import jobs
from core.database.database import Database
from tests.core.jobs.conftest import until
from tests.core.jobs.processes import worker_process
from tests.live.world import signed_in

KEYS = """
INSERT INTO idempotency_keys (user_id, mutation, key, input_hash, result_id, created_at)
SELECT $1, 'createPost', n::text, '', 1, now() - n * interval '1 hour' FROM generate_series(1, 48) n
"""
OLD_EVENTS = """
INSERT INTO events (kind, actor_id, created_at)
SELECT 'post_liked', 1, now() - interval '2 days' FROM generate_series(1, 5)
"""
WAITING = "EXISTS (SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database())"
ROWS = "SELECT (SELECT count(*) FROM idempotency_keys), (SELECT count(*) FROM events WHERE kind = 'post_liked')"


@pytest.mark.parametrize("batch", [1_000, 5])
async def test_expired_rows_are_removed_once_and_others_stay(
    database: Database, monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    monkeypatch.setattr(jobs, "BATCH", batch)
    user, other = await signed_in(database, 2)
    await database.write(KEYS, user.key)
    await database.write(OLD_EVENTS)
    await database.write(
        "UPDATE sessions SET expires_at = now() - interval '8 days' WHERE id = $1", other.session_id
    )
    await to_thread(call_command, "work", once=True)
    assert [tuple(row) for row in await database.fetch(ROWS)] == [(23, 1)]
    left = await database.fetch("SELECT id FROM sessions")
    assert [row[0] for row in left] == [user.session_id]


async def test_removing_rows_does_not_delay_a_stop(database: Database) -> None:
    async with database.transaction() as transaction:
        # The worker may take longer to start than a transaction may stay idle.
        await transaction.fetch("SET LOCAL idle_in_transaction_session_timeout = 0")
        await transaction.fetch("LOCK TABLE sessions IN ACCESS EXCLUSIVE MODE")
        async with worker_process() as worker:
            await until(database, WAITING)
            worker.process.send_signal(signal.SIGTERM)
            # Zero: before the worker's own timer of two seconds ended it.
            assert await worker.ended(seconds=20) == 0, worker.output
