"""Checks before the server starts: the database answers and has all migrations of this version, and the admin's
static files and the folder of pictures are there.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg

from core.database.connecting import PgBouncer
from core.database.database import Database, Row
from core.database.error_text import text_without_values
from core.server.explanations import SHARED_SESSIONS, UNREACHABLE, explained, unusable

logger = logging.getLogger(__name__)

STATIC_MANIFEST = "staticfiles.json"
"""What `collectstatic` writes last."""
SESSION = "SELECT pg_backend_pid()"
ROOT = Path(__file__).resolve().parent.parent.parent


class NotReadyToServe(Exception):
    """The server can't serve; the message says what to do."""


def check_database(url: str, pgbouncer: PgBouncer) -> None:
    """Errors: NotReadyToServe if PostgreSQL can't be used or a migration of the checkout is not applied."""
    try:
        applied = asyncio.run(_applied(url, pgbouncer))
    except (*UNREACHABLE, asyncpg.PostgresError) as error:
        raise NotReadyToServe(explained(error) or unusable(text_without_values(error))) from None
    missing = migrations_of_checkout() - {(app, name) for app, name in applied}
    if missing:
        names = ", ".join(f"{app}.{name}" for app, name in sorted(missing))
        raise NotReadyToServe(
            f"The database lacks migrations of this version: {names}. "
            "Run `python manage.py migrate` and start again."
        )


def check_static_files(folder: Path) -> None:
    """Warns if `collectstatic` was not run: then each page of the admin is an error, but the API is served."""
    if not (folder / STATIC_MANIFEST).exists():
        logger.warning(
            "The admin can't be used: its static files are missing. "
            "Run `python manage.py collectstatic --no-input` and start again."
        )


def check_media_folder(storage: str) -> None:
    """Warns if the folder of MEDIA_STORAGE can't be written: then each upload fails, but all else is served."""
    if "://" in storage:
        return
    folder = ROOT / storage
    try:
        folder.mkdir(parents=True, exist_ok=True)
        problem = None if os.access(folder, os.W_OK | os.X_OK) else "Permission denied"
    except OSError as error:
        problem = error.strerror
    if problem is not None:
        logger.warning(
            "Pictures can't be stored: %s is not a folder that the server can write (%s). "
            "Set MEDIA_STORAGE and start again.",
            *(folder, problem),
        )


async def _applied(url: str, pgbouncer: PgBouncer) -> list[Row]:
    """App and name of each applied migration. Errors: NotReadyToServe if connections share sessions unexpectedly."""
    # Not by the ORM: its driver would take 4 MB; asyncpg is loaded anyway.
    async with _opened(url, pgbouncer) as database:
        if pgbouncer != "TRANSACTION":
            # The settings of a session would be those of any other, and its statements would be missing now and then.
            session = await database.fetch(SESSION)
            async with _opened(url, pgbouncer) as other:
                if await other.fetch(SESSION) == session:
                    raise NotReadyToServe(SHARED_SESSIONS)
        return await database.fetch("SELECT app, name FROM django_migrations")


@asynccontextmanager
async def _opened(url: str, pgbouncer: PgBouncer) -> AsyncIterator[Database]:
    """A database with one connection."""
    database = await Database(url, size=1, pgbouncer=pgbouncer).open()
    try:
        yield database
    finally:
        await database.close()


def migrations_of_checkout() -> set[tuple[str, str]]:
    """App and name of each migration in the checkout."""
    return {
        (path.parent.parent.name, path.stem)
        for pattern in ("*/migrations/[0-9]*.py", "core/*/migrations/[0-9]*.py")
        for path in ROOT.glob(pattern)
    }
