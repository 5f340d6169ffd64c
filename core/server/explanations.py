"""Errors of the environment explained to operators: the database, its tables, files."""

from __future__ import annotations

import sys

import asyncpg

from core.database.database import DatabaseUnavailable
from core.database.error_text import sqlstate, text_without_values

UNDEFINED_OBJECT = {"42P01", "42703"}
"""SQLSTATEs: undefined_table and undefined_column."""
INTEGRITY = "23"
UNREACHABLE = (
    DatabaseUnavailable,
    asyncpg.PostgresConnectionError,
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
    # A parameter of DATABASE_URL, such as sslmode, has a wrong value.
    asyncpg.exceptions.ClientConfigurationError,
)


def explained(error: BaseException) -> str | None:
    """What an operator can do about the error, without values; None for a fault of the program."""
    one: BaseException | None = error
    while one is not None:
        code = sqlstate(one)
        if code in UNDEFINED_OBJECT:
            return (
                "The database lacks tables of this version. "
                "Run `python manage.py migrate` and try again."
            )
        if code is not None and code.startswith(INTEGRITY):
            return (
                f"PostgreSQL refused the change: {text_without_values(one)}. Nothing was changed."
            )
        is_invalid_url = code is None and _is_psycopg2(one, "ProgrammingError")
        if (
            is_invalid_url
            or isinstance(one, UNREACHABLE)
            or _is_psycopg2(one, "OperationalError", "InterfaceError")
        ):
            return (
                f"PostgreSQL can't be used: {' '.join(text_without_values(one).split())}\n"
                "Check that it runs and that DATABASE_URL is correct; "
                "in a checkout, `make run` starts one."
            )
        one = one.__cause__
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {error.strerror}."
    return None


def _is_psycopg2(error: BaseException, *names: str) -> bool:
    """Whether it is one of these errors of psycopg2, which takes 4 MB and is only looked up if it is loaded."""
    driver = sys.modules.get("psycopg2")
    return driver is not None and isinstance(error, tuple(getattr(driver, name) for name in names))
