"""Expired rows are pruned, others are retained."""

from __future__ import annotations

import asyncio
import signal
import sys
from asyncio import to_thread
from datetime import timedelta
from io import StringIO

from django.core.management import call_command

from core.accounts.pruning import idempotency_keys_expire, sessions_expire
from core.database.database import Database
from tests.live.world import TIMEOUT, signed_in
from tests.paths import ROOT

WAITING = """
SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()
"""


async def test_expired_keys_and_sessions_are_pruned(database: Database) -> None:
    person, other = await signed_in(database, 2)
    await database.write(
        "INSERT INTO idempotency_keys (user_id, mutation, key, input_hash, result_id, created_at) "
        "SELECT $1, 'createPost', n::text, '', 1, now() - n * interval '1 hour' "
        "FROM generate_series(1, 48) n",
        person.key,
    )
    assert await idempotency_keys_expire(database, retention=timedelta(hours=24, minutes=30)) == 24
    await database.write(
        "UPDATE sessions SET expires_at = now() - interval '8 days' WHERE id = $1", other.session_id
    )
    assert await sessions_expire(database) == 1
    left = await database.fetch("SELECT id FROM sessions")
    assert [row[0] for row in left] == [person.session_id]


async def test_the_command_prunes_once_and_reports(database: Database) -> None:
    await database.write(
        "INSERT INTO events (kind, actor_id, created_at) "
        "SELECT 'post_liked', 1, now() - interval '2 days' FROM generate_series(1, 5)"
    )
    said = StringIO()
    await to_thread(maintain, said)
    assert said.getvalue().strip() == (
        "Removed 4 events, 0 idempotency keys, 0 sessions. Removed 0 accounts."
    )


def maintain(said: StringIO) -> None:
    call_command("maintain", once=True, stdout=said)


async def test_pruning_does_not_delay_a_stop(database: Database) -> None:
    async with database.transaction() as transaction:
        # The command may take longer to start than a transaction may stay idle.
        await transaction.fetch("SET LOCAL idle_in_transaction_session_timeout = 0")
        await transaction.fetch("LOCK TABLE events IN ACCESS EXCLUSIVE MODE")
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "manage.py", "maintain"), cwd=ROOT, stderr=asyncio.subprocess.PIPE
        )
        async with asyncio.timeout(TIMEOUT):
            while not await database.fetch(WAITING):  # noqa: ASYNC110  # nothing tells of it
                await asyncio.sleep(0.01)
            process.send_signal(signal.SIGTERM)
            _, errors = await process.communicate()
    assert (process.returncode, errors) == (0, b"")
