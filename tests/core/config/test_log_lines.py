"""Log lines hold no values from the database; a refused request is one short line."""

from __future__ import annotations

import io
import logging
import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import asyncpg
import django.db
import httpx
import psycopg2
import pytest

from core.accounts.models import User
from core.config.log_lines import MAX_LENGTH, LineFormatter, tidy_arguments
from core.config.logs import RepetitionHandler
from core.database.database import Database
from core.database.error_text import text_without_values
from core.devserver.ports import free_port
from core.devserver.product_processes import Web
from tests.paths import ROOT

SECRET = "secret-value"
VALUE = f"'{SECRET}\n\nsecret'"
TABLE = f"""
    CREATE TEMPORARY TABLE t (a text PRIMARY KEY, b int CHECK (b > 0));
    INSERT INTO t VALUES ({VALUE}, 1)
"""  # noqa: S608  # a value of ours
REFUSED = {
    "a duplicate key": f"INSERT INTO t VALUES ({VALUE}, 2)",  # noqa: S608  # a value of ours
    "a row that violates a constraint": f"INSERT INTO t VALUES (lower({VALUE}) || '2', -1)",  # noqa: S608
    "text that is not a number": f"SELECT '{SECRET} ''\"secret'::int",
    "text that is not a time": f"SELECT '{SECRET}'::timestamptz",
    "text of a row": "SELECT CAST(a AS int) FROM t",
    "an unknown column": f"SELECT nothing, '{SECRET}' FROM t",  # noqa: S608
}


@pytest.fixture
def log() -> Iterator[tuple[logging.Logger, io.StringIO]]:
    """A logger with the product's format, and its output."""
    output = io.StringIO()
    handler = RepetitionHandler(output)
    handler.setFormatter(LineFormatter())
    handler.addFilter(tidy_arguments)
    logger = logging.Logger("tests", logging.INFO)  # noqa: LOG001  # of this test alone
    logger.addHandler(handler)
    yield logger, output
    handler.close()


def log_in_every_way(logger: logging.Logger, error: Exception) -> None:
    """As code logs errors: with its traceback, as an argument, in its own words, in a chain, in a group."""
    logger.error("Fault", exc_info=error)
    for _ in range(2):  # The second is counted, and logged later.
        logger.warning("Could not: %s", error)
    logger.warning(f"Could not: {text_without_values(error)}")
    try:
        try:
            raise error
        except type(error):
            raise RuntimeError("another") from None
    except RuntimeError as outer:
        outer.__suppress_context__ = False
        logger.exception("Fault in a chain")
    logger.error("Faults", exc_info=ExceptionGroup("several", [error, ValueError("x")]))
    logger.error("Fault that quotes it", exc_info=RuntimeError(f"not done: {error}"))


@pytest.mark.parametrize("name", REFUSED)
async def test_an_error_of_asyncpg_is_logged_without_values(
    database: Database, log: tuple[logging.Logger, io.StringIO], name: str
) -> None:
    logger, output = log
    connection = await asyncpg.connect(os.environ["DATABASE_URL"])
    try:
        await connection.execute(TABLE)
        with pytest.raises(asyncpg.PostgresError) as caught:
            await connection.execute(REFUSED[name])
    finally:
        await connection.close()
    log_in_every_way(logger, caught.value)
    logger.handlers[0].close()
    assert "secret" not in output.getvalue()
    assert type(caught.value).__name__ in output.getvalue()


async def test_an_argument_that_asyncpg_rejects_is_not_logged(
    database: Database, log: tuple[logging.Logger, io.StringIO]
) -> None:
    logger, output = log
    with pytest.raises(asyncpg.DataError) as caught:
        await database.fetch("SELECT $1::int", SECRET)
    assert SECRET in str(caught.value)
    logger.error("Fault", exc_info=caught.value)
    assert "invalid input for query argument $1" in output.getvalue()
    assert SECRET not in output.getvalue()


@pytest.mark.parametrize("name", REFUSED)
def test_an_error_of_psycopg2_and_of_django_is_logged_without_values(
    orm: None, log: tuple[logging.Logger, io.StringIO], name: str
) -> None:
    logger, output = log
    with closing(psycopg2.connect(os.environ["DATABASE_URL"])) as connection:
        cursor = connection.cursor()
        cursor.execute(TABLE)
        with pytest.raises(psycopg2.Error) as caught:
            cursor.execute(REFUSED[name])
    log_in_every_way(logger, caught.value)
    with django.db.transaction.atomic(), django.db.connection.cursor() as djangos:
        djangos.execute(TABLE)
        with pytest.raises(django.db.Error) as wrapped, django.db.transaction.atomic():
            djangos.execute(REFUSED[name])
        django.db.transaction.set_rollback(True)
    log_in_every_way(logger, wrapped.value)
    logger.handlers[0].close()
    assert "secret" not in output.getvalue()
    assert "Fault in a chain" in output.getvalue()


def test_the_cause_is_logged(orm: None, log: tuple[logging.Logger, io.StringIO]) -> None:
    logger, output = log
    User.objects.create_user("ada", f"{SECRET}@example.org")
    with pytest.raises(django.db.IntegrityError) as caught:
        User.objects.create_user("grace", f"{SECRET}@example.org")
    logger.error("Fault", exc_info=caught.value)
    logger.error("Away: %s", ConnectionRefusedError(111, "Connect call failed"))
    logger.info("DETAIL is a word: %s", "kept")
    logged = output.getvalue()
    assert 'duplicate key value violates unique constraint "users_email_unique"' in logged
    assert "Connect call failed" in logged
    assert "DETAIL is a word: kept" in logged
    assert SECRET not in logged.replace(f'"{SECRET}', "").replace(f'{SECRET}@example.org")', "")


def test_an_error_without_a_text_is_named(log: tuple[logging.Logger, io.StringIO]) -> None:
    logger, output = log
    logger.warning("Redis is unavailable: %s", TimeoutError())
    assert output.getvalue().rstrip().endswith("Redis is unavailable: TimeoutError")


def test_a_huge_message_loses_its_middle(log: tuple[logging.Logger, io.StringIO]) -> None:
    logger, output = log
    huge = f"begins {'x' * 10_000_000} ends"
    logger.error("Fault of job 7", exc_info=ValueError(huge))
    logger.error("Faults", exc_info=ExceptionGroup("several", [ValueError(huge), ValueError("y")]))
    logger.info("%s", huge)
    logger.handlers[0].close()
    logged = output.getvalue()
    assert "Fault of job 7\nValueError: begins x" in logged
    assert logged.count(" characters … x") == 3
    assert logged.count("ends\n") >= 2
    assert len(logged) < 3 * 1.1 * MAX_LENGTH


def test_wrong_host_headers_are_one_short_line_a_second(
    django_db_setup: None, tmp_path: Path
) -> None:
    port = free_port()
    variables = {
        **os.environ,
        "HOST": "127.0.0.1",
        "PORT": str(port),
        "DEBUG": "false",
        "PYTHONWARNINGS": "ignore",
    }
    web = Web(root=ROOT, variables=variables, host="127.0.0.1", port=port)
    web._log = log = tmp_path / "log"
    web.start()
    try:
        web.wait()
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=20) as client:
            for host in [
                "evil.example",
                "a\tb",
                "x" * 5_000,
                *(f"h{n}.example" for n in range(40)),
            ]:
                assert client.get("/admin/", headers={"Host": host}).status_code == 400
    finally:
        web.stop()
    first, *lines = log.read_text().splitlines()
    assert "static files are missing" in first  # None have been collected here.
    assert "Request refused: Invalid HTTP_HOST header: 'evil.example'." in lines[0]
    assert len(lines) <= 8, lines  # One line, and one a second.
    assert max(map(len, lines)) < 400
