"""Management commands and the start of the server report an operator's errors in one sentence, without a traceback."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import psycopg2
import pytest

from core.accounts.models import User
from core.server.preflight import (
    check_media_folder,
    check_static_files,
    migrations_of_checkout,
)
from manage import main
from tests.commands import environment_without_make, handling_signal
from tests.leaks import record_output
from tests.paths import ROOT

UNREACHABLE = "postgresql://feed:hush-database@127.0.0.1:1/feed"
PASSWORD = "hush-password-of-root"
TIMEOUT_SECONDS = 60
Manage = Callable[..., subprocess.CompletedProcess[str]]


def manage(*arguments: str | Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """The output and exit code of a management command."""
    return python("manage.py", *arguments, **variables)


@pytest.fixture
def manage_here(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Manage:
    """`manage` in this process, which has loaded the settings already."""

    def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        monkeypatch.setattr(sys, "argv", ["manage.py", *arguments])
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        code: object = 0
        try:
            main()
        except SystemExit as end:
            code = end.code
        captured = capsys.readouterr()
        errors = captured.err
        if isinstance(code, str):  # Python writes it to the error output as it exits.
            errors, code = f"{errors}{code}\n", 1
        assert isinstance(code, int)
        record_output(arguments, captured.out + errors)
        return subprocess.CompletedProcess(arguments, code, captured.out, errors)

    return run


def python(*arguments: str | Path, **variables: str) -> subprocess.CompletedProcess[str]:
    ended = subprocess.run(
        [sys.executable, "-W", "ignore", *arguments],
        cwd=ROOT,
        env={**environment_without_make(), **variables},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_SECONDS,
        check=False,
    )
    if "shell" not in arguments:  # Its traceback quotes the program.
        record_output(arguments[:2], ended.stdout + ended.stderr)
    return ended


def refusal(ended: subprocess.CompletedProcess[str]) -> str:
    """The error output of a command that failed because of the operator's input."""
    output = ended.stdout + ended.stderr
    assert ended.returncode not in {0, -signal.SIGINT}, output
    assert "Traceback" not in output
    assert "hush" not in output
    assert "argon2" not in output
    return ended.stderr


@pytest.fixture
def empty_database() -> Iterator[str]:
    """The URL of a database without tables."""
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
    ("work", "--once"),
    ("seed_demo", "--users=1", "--posts=0"),
]


@pytest.mark.parametrize("command", NEEDING_TABLES, ids=" ".join)
def test_a_command_on_a_database_without_tables_advises_to_migrate(
    empty_database: str, command: tuple[str, ...]
) -> None:
    output = refusal(manage(*command, DATABASE_URL=empty_database))
    assert "python manage.py migrate" in output


@pytest.mark.parametrize(
    ("command", "wrong"),
    [
        (("migrate",), "unreachable"),
        (("work", "--once"), "unreachable"),
        (("reconcile_counts",), "password"),
        (("work", "--once"), "password"),
        (("migrate",), "name"),
        (("reconcile_counts",), "option"),
    ],
)
def test_an_unusable_database_is_reported_without_its_password(
    command: tuple[str, ...], wrong: str
) -> None:
    url = os.environ["DATABASE_URL"]
    urls = {
        "unreachable": UNREACHABLE,
        "password": f"postgresql://feed:hush-wrong@{url.partition('@')[2]}",
        "name": f"{url.rpartition('/')[0]}/nowhere",
        "option": f"{url}?no_such_option=1",
    }
    output = refusal(manage(*command, DATABASE_URL=urls[wrong]))
    assert output.startswith("PostgreSQL can't be used: ")
    assert "DATABASE_URL" in output


@pytest.mark.parametrize("name", ["unreachable", "without tables", "mode", "option"])
def test_a_server_does_not_start_without_a_ready_database(empty_database: str, name: str) -> None:
    url, message = {
        "mode": (f"{UNREACHABLE}?sslmode=no_such_mode", "`sslmode` parameter must be one of"),
        "option": (f"{empty_database}?no_such_option=1", 'parameter "no_such_option"\nCheck that'),
        "unreachable": (UNREACHABLE, "Check that it runs and that DATABASE_URL is correct"),
        "without tables": (empty_database, "python manage.py migrate"),
    }[name]
    assert message in refusal(python("-m", "core.server", DATABASE_URL=url))


def test_a_user_without_rights_on_the_tables_is_reported(empty_database: str) -> None:
    with closing(psycopg2.connect(empty_database)) as connection:
        connection.autocommit = True
        cursor = connection.cursor()
        cursor.execute(
            "CREATE TABLE django_migrations (id int, app text, name text, applied timestamptz)"
        )
        url = urlsplit(empty_database)
        cursor.execute("CREATE ROLE stranger LOGIN PASSWORD %s", [url.password])
        try:
            without = url._replace(
                netloc=f"stranger:{url.password}@{url.hostname}:{url.port}"
            ).geturl()
            for command in (("manage.py", "migrate"), ("-m", "core.server")):
                output = refusal(python(*command, DATABASE_URL=without))
                assert output.startswith(
                    "PostgreSQL refused access: permission denied for table django_migrations. "
                    "The user of DATABASE_URL must own"
                )
        finally:
            cursor.execute("DROP ROLE stranger")


def test_a_server_does_not_start_with_a_missing_migration(empty_database: str) -> None:
    migrations = migrations_of_checkout() - {("figures", "0001_initial")}
    with closing(psycopg2.connect(empty_database)) as connection, connection:
        cursor = connection.cursor()
        cursor.execute("CREATE TABLE django_migrations (app text, name text)")
        cursor.executemany("INSERT INTO django_migrations VALUES (%s, %s)", migrations)
    output = refusal(python("-m", "core.server", DATABASE_URL=empty_database))
    assert "lacks migrations of this version: figures.0001_initial. Run" in output
    assert "python manage.py migrate" in output


@pytest.mark.parametrize("name", ["SENTRY_DSN", "TRACES_URL"])
def test_a_setting_whose_libraries_are_not_installed_is_named(
    orm: None, tmp_path: Path, name: str
) -> None:
    values = {"SENTRY_DSN": "https://key@127.0.0.1:1/1", "TRACES_URL": "http://127.0.0.1:1"}
    for library in ("sentry_sdk", "opentelemetry"):
        (tmp_path / f"{library}.py").write_text(
            f"raise ModuleNotFoundError('none', name={library!r})"
        )
    output = refusal(python("-m", "core.server", PYTHONPATH=str(tmp_path), **{name: values[name]}))
    assert f"{name} is set, but" in output
    assert "requirements/observability.txt" in output


def test_a_server_without_static_files_says_how_to_collect_them(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    check_static_files(tmp_path)
    assert "Run `python manage.py collectstatic --no-input`" in caplog.text
    caplog.clear()
    (tmp_path / "staticfiles.json").touch()
    check_static_files(tmp_path)
    assert caplog.text == ""


def test_a_folder_of_pictures_that_cannot_be_written_is_named(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    check_media_folder(str(tmp_path / "new"))
    assert caplog.text == ""
    assert (tmp_path / "new").is_dir()
    (tmp_path / "file").touch()
    check_media_folder(str(tmp_path / "file"))
    assert f"{tmp_path / 'file'} is not a folder that the server can write" in caplog.text


def superuser(manage: Manage, username: str, email: str) -> subprocess.CompletedProcess[str]:
    given = (f"--username={username}", f"--email={email}")
    return manage("createsuperuser", "--no-input", *given, DJANGO_SUPERUSER_PASSWORD=PASSWORD)


@pytest.mark.parametrize(
    ("username", "email", "message"),
    [
        ("ROOT", "other@example.org", "This username is taken."),
        ("another", "Root@example.org", "This e-mail address is taken."),
        ("a b!", "other@example.org", "A username has 1 to 30 of A-Z, a-z, 0-9 and _."),
        ("another", "root@[127.0.0.1]", "not an IP address"),
        ("\u212aate", "kate@example.org", "A username has 1 to 30 of A-Z, a-z, 0-9 and _."),
        ("line\n", "no address", "A username has 1 to 30 of A-Z, a-z, 0-9 and _."),
    ],
)
def test_an_invalid_superuser_is_refused_with_a_message(
    orm: None, manage_here: Manage, username: str, email: str, message: str
) -> None:
    User.objects.create_superuser("root", "root@example.org", PASSWORD)
    output = refusal(superuser(manage_here, username, email))
    assert message in output
    assert "example.org" not in output
    assert User.objects.count() == 1


def test_a_superuser_is_created(orm: None) -> None:
    created = superuser(manage, "root", "root@example.org")
    assert created.returncode == 0, created.stderr
    assert User.objects.get(username="root").check_password(PASSWORD)


def test_runserver_names_the_commands_that_serve_the_api() -> None:
    output = refusal(manage("runserver", "0.0.0.0:80", "--noreload"))
    assert "make run" in output
    assert "-m core.server" in output


@pytest.mark.parametrize(
    ("command", "message"),
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
def test_invalid_arguments_are_reported(
    orm: None, manage_here: Manage, command: tuple[str, ...], message: str
) -> None:
    assert message in refusal(manage_here(*command))


def test_a_command_is_interrupted_without_a_traceback(orm: None) -> None:
    code = "print('runs', flush=True); import signal; signal.pause()"
    with handling_signal(signal.SIGINT):
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
        _, output = command.communicate(timeout=TIMEOUT_SECONDS)
    assert command.returncode == 1
    assert output == "Interrupted. Committed changes are kept.\n"


def test_an_unexpected_error_keeps_its_traceback_and_hides_values(orm: None) -> None:
    User.objects.create_user("ada", "hush-address@example.org", "hush")
    code = "from core.accounts.models import User; User.objects.create_user('ada2', 'hush-address@example.org', 'x')"
    output = refusal(manage("shell", "--no-imports", "-c", code))
    assert 'constraint "users_email_unique"' in output
    both = f"try:\n    {code}\nexcept Exception:\n    1 / 0"
    ended = manage("shell", "--no-imports", "-c", both)
    assert "ZeroDivisionError" in ended.stderr
    assert "users_email_unique" in ended.stderr
    assert "Traceback" in ended.stderr
    # The line of the program may quote it, the error of PostgreSQL may not.
    assert "Key (" not in ended.stderr
    assert "DETAIL" not in ended.stderr
