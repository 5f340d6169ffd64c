"""Errors of the environment explained to operators: the database, its tables, files."""

from __future__ import annotations

import sys

import asyncpg

from core.database.database import DatabaseUnavailable
from core.database.error_text import sqlstate, text_without_values

UNDEFINED_OBJECT = {"42P01", "42703"}
"""SQLSTATEs: undefined_table and undefined_column."""
INTEGRITY = "23"
INSUFFICIENT_PRIVILEGE = "42501"
NO_SUCH_STATEMENT = {"26000", "42P05"}
"""SQLSTATEs: a prepared statement is missing or there already, because another session is used than before."""
SHARED_SESSIONS = (
    "Connections share sessions of PostgreSQL: DATABASE_URL leads to a PgBouncer with "
    "pool_mode=transaction. Set PGBOUNCER=transaction."
)
UNKNOWN_TO_PGBOUNCER = "unsupported startup parameter"
"""What PgBouncer says of settings that a connection is begun with."""
UNREACHABLE = (
    DatabaseUnavailable,
    asyncpg.PostgresConnectionError,
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
    # A parameter of DATABASE_URL, such as sslmode, has a wrong value.
    asyncpg.exceptions.ClientConfigurationError,
)


def unusable(problem: str) -> str:
    """What an operator can do about a database that can't be used."""
    return (
        f"PostgreSQL can't be used: {problem}\nCheck that it runs and that DATABASE_URL is correct; "
        "in a checkout, `make run` starts one."
    )


def explained(error: BaseException) -> str | None:
    """What an operator can do about the error, without values; None for a fault of the program."""
    one: BaseException | None = error
    while one is not None:
        problem = " ".join(text_without_values(one).split())
        explanation = _by_sqlstate(sqlstate(one), problem)
        if explanation is None and _is_unreachable(one):
            explanation = unusable(problem)
        if explanation is not None:
            return explanation
        one = one.__cause__
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {error.strerror}."
    return None


def _by_sqlstate(code: str | None, problem: str) -> str | None:
    """The explanation of an error that PostgreSQL or PgBouncer has sent."""
    if code in UNDEFINED_OBJECT:
        return (
            "The database lacks tables of this version. "
            "Run `python manage.py migrate` and try again."
        )
    if code in NO_SUCH_STATEMENT:
        return SHARED_SESSIONS
    if code == INSUFFICIENT_PRIVILEGE:
        return (
            f"PostgreSQL refused access: {problem}. "
            "The user of DATABASE_URL must own the database and its tables."
        )
    if code is not None and code.startswith(INTEGRITY):
        return f"PostgreSQL refused the change: {problem}. Nothing was changed."
    if UNKNOWN_TO_PGBOUNCER in problem:
        return f"PgBouncer can't be used: {problem}\nSet PGBOUNCER to its pool_mode, session or transaction."
    return None


def _is_unreachable(error: BaseException) -> bool:
    is_invalid_url = sqlstate(error) is None and _is_psycopg2(error, "ProgrammingError")
    return (
        is_invalid_url
        or isinstance(error, UNREACHABLE)
        or _is_psycopg2(error, "OperationalError", "InterfaceError")
    )


def _is_psycopg2(error: BaseException, *names: str) -> bool:
    """Whether it is one of these errors of psycopg2, which takes 4 MB and is only looked up if it is loaded."""
    driver = sys.modules.get("psycopg2")
    return driver is not None and isinstance(error, tuple(getattr(driver, name) for name in names))
