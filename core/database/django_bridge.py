"""Runs the API's SQL statements on Django's connection, for the admin and for commands."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, TypeVar

from django.db import OperationalError, connection, connections, transaction

from core.database.connecting import session_limits

ARGUMENT = re.compile(r"\$([1-9][0-9]*)")
ATTEMPTS = 5
DEADLOCK = "40P01"

T = TypeVar("T")
Argument = int | str | datetime | None | Sequence[int] | Sequence[str | None]


def run(statement: str, *arguments: Argument) -> list[tuple[Any, ...]]:
    """The rows of a statement with asyncpg's placeholders: `$1` is the first argument."""
    text = ARGUMENT.sub(r"%(_\1)s", statement.replace("%", "%%"))
    named: dict[str, Any] = {f"_{number}": argument for number, argument in enumerate(arguments, 1)}
    with connection.cursor() as cursor:
        cursor.execute(text, named)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def limit_django_statements(seconds: float) -> None:
    """Limits the statements of this process on Django's connections, those that are opened from now on.

    Commands have no such limit: a migration may take long. PgBouncer does not pass the limits on.
    """
    options = connections.settings["default"]["OPTIONS"]
    given = options.get("options", "")
    set_ = " ".join(f"-c {name}={value}" for name, value in session_limits(seconds).items())
    options["options"] = f"{given} {set_}".strip()


def retry_on_deadlock(change: Callable[[], T]) -> T:
    """The result of the change, in a transaction that is retried when PostgreSQL aborts it for a deadlock.

    The API's writes take some locks in another order.
    """
    for _ in range(ATTEMPTS - 1):
        try:
            with transaction.atomic():
                return change()
        except OperationalError as error:
            if getattr(error.__cause__, "pgcode", None) != DEADLOCK:
                raise
    with transaction.atomic():
        return change()
