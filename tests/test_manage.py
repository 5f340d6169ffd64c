"""Management commands and the server's start, as an operator runs them: what goes wrong is said in a sentence."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest

from core.accounts.models import User
from tests.commands import minding, outside_of_make
from tests.leaks import keep_output
from tests.paths import ROOT

GONE = "postgresql://feed:hush-database@127.0.0.1:1/feed"
PASSWORD = "hush-password-of-root"
PATIENCE_SECONDS = 60


def manage(*arguments: str | Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """What a command has written, and its exit code."""
    return python("manage.py", *arguments, **variables)


def python(*arguments: str | Path, **variables: str) -> subprocess.CompletedProcess[str]:
    ended = subprocess.run(
        [sys.executable, "-W", "ignore", *arguments],
        cwd=ROOT,
        env={**outside_of_make(), **variables},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    if "shell" not in arguments:  # Its program stands in its traceback.
        keep_output(arguments[:2], ended.stdout + ended.stderr)
    return ended


def refusal(ended: subprocess.CompletedProcess[str]) -> str:
    """What a command that failed for the operator's reason has said."""
    said = ended.stdout + ended.stderr
    assert ended.returncode not in {0, -signal.SIGINT}, said
    assert "Traceback" not in said
    assert "hush" not in said
    assert "argon2" not in said
    return ended.stderr


@pytest.fixture
def empty_database() -> Iterator[str]:
    """The address of a database without tables."""
    url = os.environ["DATABASE_URL"]
    with closing(psycopg2.connect(url)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("DROP DATABASE IF EXISTS without_tables")
            cursor.execute("CREATE DATABASE without_tables")
            yield f"{url.rpartition('/')[0]}/without_tables"
            cursor.execute("DROP DATABASE without_tables WITH (FORCE)")


NEEDING_TABLES = [
    ("reconcile_counts",),
    ("maintain",),
    ("seed_demo", "--users=1", "--posts=0"),
]


@pytest.mark.parametrize("command", NEEDING_TABLES, ids=" ".join)
def test_a_database_without_tables_is_to_be_migrated(
    empty_database: str, command: tuple[str, ...]
) -> None:
    said = refusal(manage(*command, DATABASE_URL=empty_database))
    assert "python manage.py migrate" in said


@pytest.mark.parametrize(
    ("command", "wrong"),
    [
        (("migrate",), "away"),
        (("maintain", "--once"), "away"),
        (("reconcile_counts",), "password"),
        (("maintain", "--once"), "password"),
        (("migrate",), "name"),
        (("reconcile_counts",), "option"),
    ],
)
def test_a_database_that_can_not_be_used_is_named_without_its_password(
    command: tuple[str, ...], wrong: str
) -> None:
    url = os.environ["DATABASE_URL"]
    urls = {
        "away": GONE,
        "password": f"postgresql://feed:hush-wrong@{url.partition('@')[2]}",
        "name": f"{url.rpartition('/')[0]}/nowhere",
        "option": f"{url}?no_such_option=1",
    }
    said = refusal(manage(*command, DATABASE_URL=urls[wrong]))
    assert said.startswith("PostgreSQL can't be used. It says: ")
    assert "DATABASE_URL" in said


@pytest.mark.parametrize("name", ["away", "without tables"])
def test_a_server_does_not_start_on_a_database_that_is_not_ready(
    empty_database: str, name: str
) -> None:
    url, says = {
        "away": (GONE, "Check that it runs and that DATABASE_URL names it"),
        "without tables": (empty_database, "python manage.py migrate"),
    }[name]
    assert says in refusal(python("-m", "core.server", DATABASE_URL=url))


def test_a_server_does_not_start_before_a_migration_of_its_version(empty_database: str) -> None:
    assert manage("migrate", "--verbosity=0", DATABASE_URL=empty_database).returncode == 0
    with closing(psycopg2.connect(empty_database)) as connection, connection:
        connection.cursor().execute(
            "DELETE FROM django_migrations WHERE app = 'interactions' AND name LIKE '0002%'"
        )
    said = refusal(python("-m", "core.server", DATABASE_URL=empty_database))
    assert "interactions.0002_trace_imports" in said
    assert "python manage.py migrate" in said


def superuser(username: str, email: str) -> subprocess.CompletedProcess[str]:
    given = (f"--username={username}", f"--email={email}")
    return manage("createsuperuser", "--no-input", *given, DJANGO_SUPERUSER_PASSWORD=PASSWORD)


@pytest.mark.parametrize(
    ("username", "email", "says"),
    [
        ("ROOT", "other@example.org", "This username is taken."),
        ("another", "Root@example.org", "This e-mail address is taken."),
        ("a b!", "other@example.org", "A username has 1 to 30 of A-Z, a-z, 0-9 and _."),
        ("another", "root@[127.0.0.1]", "not an IP address"),
        ("\u212aate", "kate@example.org", "A username has 1 to 30 of A-Z, a-z, 0-9 and _."),
        ("line\n", "no address", "A username has 1 to 30 of A-Z, a-z, 0-9 and _."),
    ],
)
def test_a_superuser_who_can_not_be_made_is_refused_in_words(
    orm: None, username: str, email: str, says: str
) -> None:
    User.objects.create_superuser("root", "root@example.org", PASSWORD)
    said = refusal(superuser(username, email))
    assert says in said
    assert "example.org" not in said
    assert User.objects.count() == 1


def test_a_superuser_is_made(orm: None) -> None:
    made = superuser("root", "root@example.org")
    assert made.returncode == 0, made.stderr
    assert User.objects.get(username="root").check_password(PASSWORD)


def test_djangos_own_server_names_the_one_that_serves_the_api() -> None:
    said = refusal(manage("runserver", "0.0.0.0:80", "--noreload"))
    assert "make run" in said
    assert "-m core.server" in said


@pytest.mark.parametrize(
    ("command", "says"),
    [
        (("import_trace", "README.md"), "is not a trace: none of its first"),
        (("import_trace", sys.executable), "is not a trace: none of its first"),
        (("import_trace", "nowhere"), "is not a file"),
        (("seed_demo", "--users=many"), "whole number"),
        (("changepassword", "nobody"), "does not exist"),
        (("no_such_command",), "Unknown command"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_what_is_asked_wrongly_is_said(orm: None, command: tuple[str, ...], says: str) -> None:
    assert says in refusal(manage(*command))


def test_a_command_is_interrupted_without_a_traceback(orm: None) -> None:
    code = "print('runs', flush=True); import signal; signal.pause()"
    with minding(signal.SIGINT):
        command = subprocess.Popen(
            [sys.executable, "manage.py", "shell", "--no-imports", "-c", code],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
    with command:
        assert command.stdout
        assert command.stdout.readline() == "runs\n"
        command.send_signal(signal.SIGINT)
        _, said = command.communicate(timeout=PATIENCE_SECONDS)
    assert command.returncode == 1
    assert said == "Interrupted. What was committed stays.\n"


def test_a_fault_of_the_program_keeps_its_traceback_and_hides_values(orm: None) -> None:
    User.objects.create_user("ada", "hush-address@example.org", "hush")
    code = "from core.accounts.models import User; User.objects.create_user('ada2', 'hush-address@example.org', 'x')"
    said = refusal(manage("shell", "--no-imports", "-c", code))
    assert 'constraint "users_email_unique"' in said
    both = f"try:\n    {code}\nexcept Exception:\n    1 / 0"
    ended = manage("shell", "--no-imports", "-c", both)
    assert "ZeroDivisionError" in ended.stderr
    assert "users_email_unique" in ended.stderr
    assert "Traceback" in ended.stderr
    # The line of the program may quote it, the error of PostgreSQL may not.
    assert "Key (" not in ended.stderr
    assert "DETAIL" not in ended.stderr
