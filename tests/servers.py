"""The servers of the tests."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from core.devserver.servers import Servers, temporary_servers
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
