"""The servers of the tests."""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from hashlib import sha256
from pathlib import Path

import psycopg2

from core.devserver.folder_locks import folder_lock, is_locked
from core.devserver.postgres import Postgres
from core.devserver.servers import Servers, running_servers
from tests.paths import ROOT

FOLDER = ROOT / ".data" / "tests"
MIGRATED = ROOT / ".data" / "migrated"
"""Holds a cluster with all tables. To make one takes 4 s of CPU time, to copy it 0.2 s."""
SETTINGS = {
    "DJANGO_SETTINGS_MODULE": "core.config.settings",
    "DEBUG": "true",
    "SECRET_KEY": "for-tests-" * 5,
    "ALLOWED_HOSTS": "testserver,localhost,127.0.0.1",
    "LOG_LEVEL": "WARNING",
}
NO_SERVERS = Servers("postgresql://127.0.0.1:1/feed", "redis://127.0.0.1:1/0", started=())
"""Placeholder addresses for the settings of a process that runs no tests itself."""
ABANDONED_AFTER_SECONDS = 60.0  # A newer folder may belong to a run that has not locked it yet.


@contextmanager
def temporary_servers(parent: Path) -> Iterator[Servers]:
    """Starts new servers that are not durable, with all tables, in a folder that is removed at the end.

    Also removes the folders that killed runs left in the parent.
    """
    parent = parent.resolve()
    parent.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        folder = parent / secrets.token_hex(6)
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        stack.enter_context(folder_lock(folder, "a test run"))
        for other in parent.iterdir():
            if is_old(other) and not is_locked(other):
                shutil.rmtree(other, ignore_errors=True)
        copy_migrated_cluster(folder / "postgres")
        yield stack.enter_context(running_servers(folder, durable=False))


def is_old(folder: Path) -> bool:
    """Whether the folder is so old that a live run would have locked it."""
    try:
        modified = folder.stat().st_mtime
    except FileNotFoundError:
        return False
    return time.time() - modified > ABANDONED_AFTER_SECONDS


def copy_migrated_cluster(folder: Path) -> None:
    """Puts a cluster with all tables into the new folder of a `Postgres`.

    The first to ask for it makes it, once for each state of the code; meanwhile others wait.
    """
    MIGRATED.parent.mkdir(exist_ok=True)
    with MIGRATED.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        made = MIGRATED / digest_of_code()
        if not made.exists():
            shutil.rmtree(MIGRATED, ignore_errors=True)
            make_migrated_cluster(MIGRATED / "unfinished" / "postgres")
            (MIGRATED / "unfinished").rename(made)
        folder.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(["cp", "-a", made / "postgres", folder], check=True)


def make_migrated_cluster(folder: Path) -> None:
    """Creates a cluster, applies all migrations and stops it."""
    postgres = Postgres(folder, durable=False)
    try:
        postgres.start()
        postgres.wait()
        subprocess.run(
            [sys.executable, "-W", "ignore", "manage.py", "migrate", "--verbosity=0"],
            cwd=ROOT,
            env={**os.environ, **SETTINGS, **NO_SERVERS.variables, "DATABASE_URL": postgres.url},
            check=True,
        )
    finally:
        postgres.stop()


def digest_of_code() -> str:
    """A digest of all that a migration may use."""
    rooms = [ROOT / name for name in ("core", "feed", "interactions")]
    files = [path for room in rooms for kind in ("py", "sql") for path in room.rglob(f"*.{kind}")]
    digest = sha256()
    for path in (ROOT / "requirements" / "dev.txt", *sorted(files)):
        digest.update(b"%s\0%s\0" % (os.fsencode(path), path.read_bytes()))
    return digest.hexdigest()[:16]


def leave_statistics(url: str) -> None:
    """Lets PostgreSQL analyse no table by itself, and cut none off after VACUUM.

    Such a transaction may come at any time, and holds back events and the horizon of lists as long as it runs.
    """
    with closing(psycopg2.connect(url)) as session, session.cursor() as cursor:
        session.autocommit = True
        cursor.execute("ALTER SYSTEM SET autovacuum_analyze_threshold = 2147483647")
        cursor.execute("ALTER SYSTEM SET vacuum_truncate = off")
        cursor.execute("SELECT pg_reload_conf()")


def servers_for_tests() -> AbstractContextManager[Servers]:
    """A PostgreSQL with empty tables and a Valkey, which are removed at the end.

    Each process that runs tests has its own servers. Databases of one server would affect each other's tests: an open
    transaction holds back the snapshots of all databases, and a published message reaches the subscribers of all.
    """
    return temporary_servers(FOLDER)


def set_up_program() -> None:
    """Sets Django up for a program that starts its servers later; pytest has done it for tests."""
    os.environ.update(SETTINGS, DATABASE_URL="postgresql://localhost/feed")
    import django  # noqa: PLC0415  # it reads the environment

    django.setup()


@contextmanager
def servers_of_program(**settings: str) -> Iterator[Servers]:
    """Servers with the tables of all migrations, and Django with their settings, for a program that measures.

    The program imports what needs the settings inside.
    """
    with servers_for_tests() as servers:
        os.environ.update(SETTINGS, **servers.variables, **settings)
        import django  # noqa: PLC0415  # it reads the environment

        django.setup()
        yield servers
