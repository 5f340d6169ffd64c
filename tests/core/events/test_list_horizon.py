"""The horizon of lists that requests share is read once a while, and holds for all statements afterwards."""

from __future__ import annotations

import os

import asyncpg

from core.database.database import Database
from core.database.usage import USAGE, Usage
from core.events.list_horizon import ListHorizon
from tests.ran_statements import ran_statements

EVENT = "INSERT INTO events (kind, actor_id) VALUES ('user_muted', 1)"
NEW_KEY = "SELECT time_ordered_key()"


async def test_it_is_read_once_a_period_and_no_request_is_charged(database: Database) -> None:
    times = [0.0]
    horizon = ListHorizon(database, seconds=1, clock=lambda: times[-1])
    usage = Usage()
    USAGE.set(usage)
    with ran_statements() as statements:
        for time in (0.0, 0.5, 0.9, 1.0, 1.9):
            times.append(time)
            await horizon.key()
    assert [text.partition("\n")[0] for text in statements] == ["-- list_horizon"] * 2
    assert (usage.statements, usage.rows) == (0, 0)


async def test_all_transactions_that_run_or_begin_later_have_higher_keys(
    database: Database,
) -> None:
    horizon = ListHorizon(database, seconds=0)
    writer = await asyncpg.connect(os.environ["DATABASE_URL"])
    try:
        async with writer.transaction():
            await writer.execute("SELECT pg_current_xact_id()")
            for _ in range(5):
                await database.write(EVENT)
                held = await horizon.key()
            assert await writer.fetchval(NEW_KEY) > held
    finally:
        await writer.close()
    await database.fetch("SELECT pg_sleep(0.002)")  # Puts the next event into a later millisecond.
    await database.write(EVENT)
    moved = await horizon.key()
    assert moved > held
    assert (await database.fetch(NEW_KEY))[0][0] > moved


async def test_it_never_falls(database: Database) -> None:
    horizon = ListHorizon(database, seconds=0)
    await database.write(EVENT)
    before = await horizon.key()
    await database.write(
        "DELETE FROM events"
    )  # With an empty log, the last hours count as running.
    assert await horizon.key() == before
