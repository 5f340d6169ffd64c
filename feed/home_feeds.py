"""Builds the kept home feeds of readers, beside the requests. docs/decisions/home-feed-at-any-size.md says why."""

from __future__ import annotations

import asyncio
import logging
from contextvars import Context
from datetime import UTC, datetime, timedelta

import asyncpg
from django.db import connection

from core.accounts.statements import SQL as ACCOUNTS
from core.database.database import Database, DatabaseUnavailable
from core.database.time_ordered_keys import key_at
from core.events.cancellation import cancel_and_wait
from feed.statements import SQL

logger = logging.getLogger(__name__)

WINDOWS = (timedelta(days=1), timedelta(days=8), timedelta(days=64))
"""How far back a feed is built from, if that gives as many reasons as it has; else from all."""
RETIRE_ALL = (
    # Waits for feeds that are being built, and they for the end of this transaction.
    "LOCK TABLE home_feeds IN EXCLUSIVE MODE",
    "UPDATE home_feeds SET retired_at = now() WHERE retired_at IS NULL",
)
MAX_WAITING = 1_000
"""Readers who wait for their feeds; one more gets it at a later page."""


async def home_feed_build(database: Database, reader_id: int) -> bool:
    """Builds the kept feed of a reader in place of an older one. False if there is a fresh one, or no such user.

    Locks: the reader, so that nobody follows or unfollows for the reader meanwhile; then the older feed.
    """
    now = datetime.now(UTC)
    async with database.transaction() as transaction:
        # A statement of its own: the next ones must see what was committed while this one waited.
        if await transaction.fetch_row(ACCOUNTS.users_lock, [reader_id]) is None:
            return False
        [(is_fresh,)] = await transaction.fetch(SQL.home_feed_retire, reader_id)
        if is_fresh:
            return False
        for above in (*(key_at(now - window, 0) for window in WINDOWS), 0):
            if await transaction.fetch_row(SQL.home_feed_build, reader_id, above) is not None:
                break
    return True


def home_feeds_retire() -> None:
    """Retires all kept feeds on Django's connection: for loads of posts, shares or follows without events.

    Call it last in the transaction of the load. Locks: all kept feeds.
    """
    with connection.cursor() as cursor:
        for statement in RETIRE_ALL:
            cursor.execute(statement)


class HomeFeeds:
    """Builds the feeds of readers who have none, one after the other, for the requests of a process."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: dict[int, None] = {}
        self._task: asyncio.Task[None] | None = None

    def build_soon(self, reader_id: int) -> None:
        """Builds the reader's feed soon, unless too many wait. Returns immediately."""
        if len(self._waiting) >= MAX_WAITING:
            return
        self._waiting[reader_id] = None
        if self._task is None:
            # Not in the context of the request, whose cost it would add to.
            self._task = asyncio.create_task(
                self._build_waiting(), name="home feeds", context=Context()
            )

    async def built(self) -> None:
        """Returns when no reader waits any more."""
        while self._task is not None:
            await asyncio.wait([self._task])

    async def close(self) -> None:
        """Ends the building."""
        self._waiting.clear()
        if self._task is not None:
            await cancel_and_wait([self._task])

    async def _build_waiting(self) -> None:
        try:
            while self._waiting:
                reader_id = next(iter(self._waiting))
                try:
                    await home_feed_build(self._database, reader_id)
                except (DatabaseUnavailable, asyncpg.PostgresError) as error:
                    # The reader's next page asks again.
                    logger.warning("The home feed of a reader was not kept: %s", error)
                self._waiting.pop(reader_id, None)
        finally:
            self._task = None
