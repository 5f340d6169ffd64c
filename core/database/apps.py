"""The app configuration of the database."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.core import checks
from django.core.checks import CheckMessage
from django.db import connections
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

LACKING = (
    "The database has been migrated in part: it lacks {names}. Migrate it first by the last "
    "checkout that has them, or create it again (in a checkout: make clean-data)."
)


class DatabaseConfig(AppConfig):
    """The database, with a check of what `migrate` would pass over."""

    name = "core.database"

    def ready(self) -> None:
        checks.register(check_squashed_migrations, checks.Tags.database)


def check_squashed_migrations(
    databases: Sequence[str] | None = None, **_: Any
) -> list[CheckMessage]:
    """Of the migrations that a squashed one replaces all must be applied, or none: Django takes some for all."""
    lacking: list[CheckMessage] = []
    for alias in databases or ():
        applied = MigrationRecorder(connections[alias]).applied_migrations()
        for name, migration in (MigrationLoader(None).disk_migrations or {}).items():
            missing = [each for each in migration.replaces if each not in applied]
            if name not in applied and 0 < len(missing) < len(migration.replaces):
                names = ", ".join(map(".".join, missing))
                lacking.append(checks.Error(LACKING.format(names=names), id="database.E001"))
    return lacking
