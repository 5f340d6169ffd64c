"""`manage.py maintain`: removes the data of deleted accounts, and every minute expired rows."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import Any, NoReturn

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from core.accounts.pruning import idempotency_keys_expire, sessions_expire
from core.database.cursors import CursorSigner
from core.database.database import Database, DatabaseUnavailable
from core.events.event_log import EventLog
from interactions.erasure import accounts_erase

PAUSE_SECONDS = 60.0
RETRY_SECONDS = 5.0
POLL_SECONDS = 0.5
"""Between two searches for deleted accounts."""


class Command(BaseCommand):
    help = "Removes deleted accounts, and every minute expired events, idempotency keys and sessions, in small batches."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="Run one round and exit.")

    def handle(self, *_: Any, once: bool, **__: Any) -> None:
        asyncio.run(self._once() if once else self._until_stopped())

    async def _once(self) -> None:
        async with _connected() as database:
            expired = await self._round(database)
            accounts = await accounts_erase(database)
        self.stdout.write(f"{expired} Removed {accounts} accounts.")

    async def _until_stopped(self) -> None:
        rounds = asyncio.create_task(self._rounds())
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            # Each batch is a transaction, so a round can be cancelled at any point.
            loop.add_signal_handler(number, rounds.cancel)
        with suppress(asyncio.CancelledError):
            await rounds

    async def _rounds(self) -> NoReturn:
        while True:
            try:
                async with _connected() as database:
                    self.stdout.write(await self._round(database))
                    await self._erase(database)
            except DatabaseUnavailable as error:
                self.stderr.write(f"The database can't be reached: {error}")
                await asyncio.sleep(RETRY_SECONDS)

    async def _erase(self, database: Database) -> None:
        """Removes accounts until the next round is due."""
        deadline = time.monotonic() + PAUSE_SECONDS
        while (left := deadline - time.monotonic()) > 0:
            accounts = await accounts_erase(database, seconds=left)
            if accounts:
                self.stdout.write(f"Removed {accounts} accounts.")
            await asyncio.sleep(POLL_SECONDS)

    async def _round(self, database: Database) -> str:
        environment = settings.ENVIRONMENT
        events = await EventLog(
            database,
            CursorSigner(environment.secret_key.encode()),
            retention=timedelta(hours=environment.event_retention_hours),
        ).expire()
        keys = await idempotency_keys_expire(
            database, retention=timedelta(hours=environment.idempotency_hours)
        )
        sessions = await sessions_expire(database)
        return f"Removed {events} events, {keys} idempotency keys, {sessions} sessions."


@asynccontextmanager
async def _connected() -> AsyncIterator[Database]:
    """Errors: DatabaseUnavailable."""
    database = await Database(settings.ENVIRONMENT.database_url, size=1).open()
    try:
        yield database
    finally:
        await database.close()
