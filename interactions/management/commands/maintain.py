"""`manage.py maintain`: removes deleted accounts, and now and every minute what has outlived its time."""

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
LOOK_SECONDS = 0.5
"""Between two looks for accounts that have been deleted."""


class Command(BaseCommand):
    help = "Removes deleted accounts, and every minute old events, clients' keys and sessions, in small batches."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="Do it once and end.")

    def handle(self, *_: Any, once: bool, **__: Any) -> None:
        asyncio.run(self._once() if once else self._until_stopped())

    async def _once(self) -> None:
        async with _connected() as database:
            said = await self._round(database)
            accounts = await accounts_erase(database)
        self.stdout.write(f"{said} Removed {accounts} accounts.")

    async def _until_stopped(self) -> None:
        rounds = asyncio.create_task(self._rounds())
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            # Each batch is a transaction, so a round may end anywhere.
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
        """Removes accounts until it is time for the next round."""
        ends = time.monotonic() + PAUSE_SECONDS
        while (left := ends - time.monotonic()) > 0:
            accounts = await accounts_erase(database, seconds=left)
            if accounts:
                self.stdout.write(f"Removed {accounts} accounts.")
            await asyncio.sleep(LOOK_SECONDS)

    async def _round(self, database: Database) -> str:
        chosen = settings.ENVIRONMENT
        events = await EventLog(
            database,
            CursorSigner(chosen.secret_key.encode()),
            retention=timedelta(hours=chosen.event_retention_hours),
        ).expire()
        keys = await idempotency_keys_expire(
            database, retention=timedelta(hours=chosen.idempotency_hours)
        )
        sessions = await sessions_expire(database)
        return f"Removed {events} events, {keys} keys of clients, {sessions} sessions."


@asynccontextmanager
async def _connected() -> AsyncIterator[Database]:
    """Errors: DatabaseUnavailable."""
    database = await Database(settings.ENVIRONMENT.database_url, size=1).open()
    try:
        yield database
    finally:
        await database.close()
