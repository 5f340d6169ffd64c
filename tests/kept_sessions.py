"""A database whose sessions are kept for the tests that follow in the module."""

from __future__ import annotations

import asyncpg
from asyncpg import Connection

from core.database.database import Database

SECONDS = 60.0
"""How long a busy machine may take to reset a session, or to connect."""
STAY_IDLE = "SET idle_in_transaction_session_timeout = 0"
"""A test may hold a transaction open while it waits for something slow."""


class KeptSessions(list[Connection]):
    """Idle sessions of PostgreSQL.

    A new session reads the catalogs of all tables and plans each statement, which takes longer than most tests.
    """

    def close(self) -> None:
        while self:
            self.pop().terminate()


class KeepingDatabase(Database):
    """Takes kept sessions before it connects, and leaves its idle ones when it closes."""

    def __init__(self, url: str, kept: KeptSessions, *, size: int) -> None:
        super().__init__(url, size=size, connect_seconds=SECONDS, acquire_seconds=SECONDS)
        self._kept = kept

    async def close(self) -> None:
        pool = self._pool
        while (connection := pool.try_acquire()) is not None:
            pool._open.discard(connection)
            pool._empty += 1
            self._kept.append(connection)
        await super().close()

    async def _connect(self) -> Connection:
        connection = await self._reset() or await super()._connect()
        await connection.execute(STAY_IDLE)
        return connection

    async def _reset(self) -> Connection | None:
        """A kept session with its settings reset."""
        while self._kept:
            connection = self._kept.pop()
            try:
                await connection.reset(timeout=SECONDS)
            except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
                connection.terminate()  # The test before has ended it.
            else:
                return connection
        return None
