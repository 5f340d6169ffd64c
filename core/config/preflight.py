"""What must hold before a server starts: the database answers and has the tables of this version."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import psycopg2

from core.config.explanations import explained

ROOT = Path(__file__).resolve().parent.parent.parent
CONNECT_SECONDS = 5


class NotReadyToServe(Exception):
    """The server would not work; the message says what to do."""


def check_database(url: str) -> None:
    """Errors: NotReadyToServe, if a migration of ours has not been applied or PostgreSQL can't be used."""
    try:
        with (
            closing(psycopg2.connect(url, connect_timeout=CONNECT_SECONDS)) as connection,
            connection.cursor() as cursor,
        ):
            cursor.execute("SELECT app, name FROM django_migrations")
            missing = our_migrations() - set(cursor.fetchall())
    except psycopg2.Error as error:
        raise NotReadyToServe(explained(error) or "PostgreSQL can't be used.") from None
    if missing:
        names = ", ".join(f"{app}.{name}" for app, name in sorted(missing))
        raise NotReadyToServe(
            f"The database lacks migrations of this version: {names}. "
            "Run `python manage.py migrate` and start again."
        )


def our_migrations() -> set[tuple[str, str]]:
    """App and name of each migration in the checkout."""
    return {
        (path.parent.parent.name, path.stem)
        for pattern in ("*/migrations/[0-9]*.py", "core/*/migrations/[0-9]*.py")
        for path in ROOT.glob(pattern)
    }
