"""The servers of the tests."""

from __future__ import annotations

import os
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

from core.devserver.folder_locks import folder_lock, is_locked
from core.devserver.servers import Servers, running_servers
from tests.paths import ROOT

FOLDER = ROOT / ".data" / "tests"
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
    """Starts new servers that are not durable, in a folder that is removed at the end.

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
        yield stack.enter_context(running_servers(folder, durable=False))


def is_old(folder: Path) -> bool:
    """Whether the folder is so old that a live run would have locked it."""
    try:
        modified = folder.stat().st_mtime
    except FileNotFoundError:
        return False
    return time.time() - modified > ABANDONED_AFTER_SECONDS


def servers_for_tests() -> AbstractContextManager[Servers]:
    """A PostgreSQL with an empty database and a Valkey, which are removed at the end.

    Each process that runs tests has its own servers. Databases of one server would affect each other's tests: an open
    transaction holds back the snapshots of all databases, and a published message reaches the subscribers of all.
    """
    return temporary_servers(FOLDER)


@contextmanager
def servers_of_program(**settings: str) -> Iterator[Servers]:
    """Servers with the tables of all migrations, and Django with their settings, for a program that measures.

    The program imports what needs the settings inside.
    """
    with servers_for_tests() as servers:
        os.environ.update(SETTINGS, **servers.variables, **settings)
        import django  # noqa: PLC0415  # it reads the environment
        from django.core.management import call_command  # noqa: PLC0415
        from django.db import connection  # noqa: PLC0415

        django.setup()
        call_command("migrate", verbosity=0)
        connection.close()
        yield servers
