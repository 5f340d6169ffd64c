"""`manage.py maintain`: removes what has outlived its time, now and every minute."""

from __future__ import annotations

import asyncio
import signal
from contextlib import suppress
from datetime import timedelta
from typing import Any, NoReturn

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from core.accounts.maintenance import idempotency_keys_expire, sessions_expire
from core.database.cursors import CursorSigner
from core.database.pool import Database, DatabaseUnavailable
from core.events.log import EventLog

PAUSE_SECONDS = 60.0


class Command(BaseCommand):
    help = "Removes old events, clients' keys and sessions, in small batches, now and every minute."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="Do it once and end.")

    def handle(self, *_: Any, once: bool, **__: Any) -> None:
        asyncio.run(self._once() if once else self._until_stopped())

    async def _once(self) -> None:
        self.stdout.write(await self._round())

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
                self.stdout.write(await self._round())
            except DatabaseUnavailable as error:
                self.stderr.write(f"The database can't be reached: {error}")
            await asyncio.sleep(PAUSE_SECONDS)

    async def _round(self) -> str:
        chosen = settings.ENVIRONMENT
        database = await Database(chosen.database_url, size=1).open()
        try:
            events = await EventLog(
                database,
                CursorSigner(chosen.secret_key.encode()),
                retention=timedelta(hours=chosen.event_retention_hours),
            ).expire()
            keys = await idempotency_keys_expire(
                database, kept=timedelta(hours=chosen.idempotency_hours)
            )
            sessions = await sessions_expire(database)
        finally:
            await database.close()
        return f"Removed {events} events, {keys} keys of clients, {sessions} sessions."
