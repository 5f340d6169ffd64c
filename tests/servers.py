"""The servers that tests run on."""

from __future__ import annotations

from contextlib import AbstractContextManager

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
"""Addresses that satisfy the settings of a process that runs no test itself."""


def servers_for_tests() -> AbstractContextManager[Servers]:
    """A PostgreSQL with an empty database and a Valkey, removed at the end.

    Each process that runs tests has its own pair. Databases of one server would share what tests look at: a
    transaction that is open in one holds back the snapshots of all, and what is published in one is heard in all.
    """
    return temporary_servers(FOLDER)
