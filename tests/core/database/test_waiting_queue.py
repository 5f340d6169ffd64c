"""Whose turn it is when all connections are in use."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextvars import Context

import pytest

from core.database.database import Database, DatabaseUnavailable
from core.database.usage import USAGE, Usage

WAITING_AT_MOST = 8
PID = "SELECT pg_backend_pid()"


@pytest.fixture
async def pool(database: Database) -> AsyncIterator[Database]:
    """One connection."""
    url = os.environ["DATABASE_URL"]
    pool = await Database(url, size=1, acquire_seconds=30, waiting_at_most=WAITING_AT_MOST).open()
    yield pool
    assert pool.waiting == 0
    assert pool.unused_connections == 1
    await pool.close()


class Callers:
    """Requests that wait for a connection."""

    def __init__(self, pool: Database) -> None:
        self._pool = pool
        self.served: list[str] = []
        """Their names, in the order in which they were answered."""
        self.tasks: list[asyncio.Task[None]] = []

    def ask(self, name: str, viewer_id: int | None, *, writes: bool = False) -> asyncio.Task[None]:
        async def request() -> None:
            usage = Usage()
            usage.viewer_id = viewer_id
            USAGE.set(usage)
            await (self._pool.write(PID) if writes else self._pool.fetch(PID))
            self.served.append(name)

        task = asyncio.create_task(request(), context=Context())
        self.tasks.append(task)
        return task


@pytest.mark.parametrize("writes", [False, True])
async def test_users_take_turns(pool: Database, writes: bool) -> None:
    callers = Callers(pool)
    async with pool.connection():
        for number in range(4):
            callers.ask(f"first {number}", 1, writes=writes)
        for viewer_id in (2, 3, None, None):
            callers.ask(f"{viewer_id}", viewer_id, writes=writes)
        await asyncio.sleep(0)
        assert pool.waiting == 8
    await asyncio.gather(*callers.tasks)
    assert callers.served == [
        *("first 0", "2", "3", "None", "None"),
        *("first 1", "first 2", "first 3"),
    ]


async def test_who_has_left_takes_no_turn(pool: Database) -> None:
    callers = Callers(pool)
    async with pool.connection():
        tasks = [callers.ask(f"{number}", number % 2) for number in range(6)]
        await asyncio.sleep(0)
        for number in (0, 2, 3):
            tasks[number].cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert callers.served == ["4", "1", "5"]


async def test_a_user_has_half_of_the_places(pool: Database) -> None:
    callers = Callers(pool)
    async with pool.connection():
        for number in range(WAITING_AT_MOST):
            callers.ask(f"{number}", 1)
        other = callers.ask("other", 2)
        refused, _ = await asyncio.wait(callers.tasks, timeout=0.1)
        assert len(refused) == WAITING_AT_MOST - (WAITING_AT_MOST // 2 + 1)
        for each in refused:
            with pytest.raises(DatabaseUnavailable, match="callers wait"):
                await each
        callers.tasks[0].cancel()
        again = callers.ask("again", 1)
    await asyncio.gather(*callers.tasks, return_exceptions=True)
    await asyncio.gather(other, again)
    assert callers.served == ["1", "other", "2", "3", "4", "again"]
