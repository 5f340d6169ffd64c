"""A real PostgreSQL and a real Valkey for the whole run, up before Django reads its settings."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack

import django
import hypothesis
import pytest
from django.core.management import call_command
from django.db import connection
from pytest_django.plugin import DjangoDbBlocker

from core.database.cursors import CursorSigner
from core.database.database import Database
from tests.leaks import LeakCheck
from tests.left_behind import NAME, LeftBehindCheck, ServersView, tests_loop
from tests.servers import SETTINGS, servers_for_tests

__all__ = ["tests_loop"]

# A machine that is busy is no failure; what must be quick is measured, not timed in tests.
hypothesis.settings.register_profile("project", deadline=None)
hypothesis.settings.load_profile("project")
TABLES = "users, events, trace_imports, former_usernames"  # All others hang on people.
RUNNING = ExitStack()
SERVERS = RUNNING.enter_context(servers_for_tests())
os.environ.update(SETTINGS, **SERVERS.variables)
django.setup()

from core.context import Services  # noqa: E402  # needs the settings


def pytest_configure(config: pytest.Config) -> None:
    logs = [server.process.log for server in SERVERS.started if server.process.log]
    config.pluginmanager.register(LeakCheck(logs))
    if os.environ.get("CHECK_LEFT_BEHIND"):
        check = LeftBehindCheck(ServersView(SERVERS.variables) if SERVERS.started else None)
        config.pluginmanager.register(check, NAME)


def pytest_unconfigure() -> None:
    RUNNING.close()


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker: DjangoDbBlocker) -> None:
    """The database with every migration applied; being the run's own it needs no `test_` twin."""
    with django_db_blocker.unblock():
        call_command("migrate", verbosity=0)
        connection.close()


@pytest.fixture
async def database(django_db_setup: None) -> AsyncIterator[Database]:
    """The GraphQL path's door to the run's database, whose tables are empty."""
    opened = await Database(os.environ["DATABASE_URL"], size=4).open()
    await opened.write(f"TRUNCATE {TABLES} CASCADE")
    yield opened
    await opened.close()


@pytest.fixture
def orm(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Django's door to the run's database, whose tables are empty."""
    with django_db_blocker.unblock():
        with connection.cursor() as cursor:
            cursor.execute(f"TRUNCATE {TABLES} CASCADE")
        yield
        connection.close()


@pytest.fixture
def services(database: Database) -> Services:
    """What the requests of a server share; ringing wakes nobody."""
    return Services(database=database, cursors=CursorSigner(b"for tests"), ring=lambda: None)
