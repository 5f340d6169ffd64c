"""What an operator can do about an error of the surroundings: the database, its tables, files."""

from __future__ import annotations

import asyncpg
import psycopg2
from psycopg2 import errorcodes

from core.database.error_text import sqlstate, text_without_values
from core.database.pool import DatabaseUnavailable

OTHER_TABLES = {errorcodes.UNDEFINED_TABLE, errorcodes.UNDEFINED_COLUMN}
INTEGRITY = "23"
UNREACHABLE = (
    DatabaseUnavailable,
    psycopg2.OperationalError,
    psycopg2.InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
)


def explained(error: BaseException) -> str | None:
    """A sentence that says what to do, without any value; None for a fault of the program."""
    one: BaseException | None = error
    while one is not None:
        code = sqlstate(one)
        if code in OTHER_TABLES:
            return (
                "The database has not the tables of this version. "
                "Run `python manage.py migrate` and try again."
            )
        if code is not None and code.startswith(INTEGRITY):
            return (
                f"PostgreSQL refused the change: {text_without_values(one)}. Nothing was changed."
            )
        is_of_address = isinstance(one, psycopg2.ProgrammingError) and code is None
        if is_of_address or isinstance(one, UNREACHABLE):
            return (
                f"PostgreSQL can't be used. It says: {' '.join(text_without_values(one).split())}\n"
                "Check that it runs and that DATABASE_URL names it; "
                "in a checkout, `make run` starts one."
            )
        one = one.__cause__
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {error.strerror}."
    return None
