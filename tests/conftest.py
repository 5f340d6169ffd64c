"""Starts a real PostgreSQL and Valkey for each process that runs tests, before Django reads its settings."""

from __future__ import annotations

import gc
import os
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING

import django
import hypothesis
import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from pytest_django.plugin import DjangoDbBlocker

from core.database.cursors import CursorSigner
from core.database.database import Database
from tests.leaks import LeakCheck
from tests.left_behind import NAME, LeftBehindCheck, ServersView, tests_loop
from tests.servers import NO_SERVERS, SETTINGS, servers_for_tests
from tests.session_check import SessionCheck

if TYPE_CHECKING:
    from core.context import Services

__all__ = ["tests_loop"]

# A busy machine must not fail a test, so hypothesis has no deadline.
hypothesis.settings.register_profile("project", deadline=None)
hypothesis.settings.load_profile("project")
TABLES = "users, events, trace_imports, former_usernames, jobs, event_consumers"  # All others reference users.
VARIABLE = "DJANGO_SETTINGS_MODULE"


def pytest_addoption(pluginmanager: pytest.PytestPluginManager) -> None:
    """Starts the servers and Django, before the conftests of folders import modules that need the settings.

    With `-n` each worker has its own servers. The controller, which distributes the tests, has none.
    """
    config = pluginmanager.get_plugin("pytestconfig")
    assert isinstance(config, pytest.Config)
    if settings.configured:
        raise pytest.UsageError(
            f"Unset {VARIABLE}: the tests would write to the database of those settings."
        )
    is_worker = "PYTEST_XDIST_WORKER" in os.environ
    is_controller = not is_worker and getattr(config.known_args_namespace, "numprocesses", None)
    running = ExitStack()
    config.add_cleanup(running.close)
    servers = NO_SERVERS if is_controller else running.enter_context(servers_for_tests())
    os.environ.update(SETTINGS, **servers.variables)
    django.setup()
    if is_controller:
        # Workers inherit the environment, and must not load the settings before they have servers.
        del os.environ[VARIABLE]
    logs = [server.process.log for server in servers.started if server.process.log]
    pluginmanager.register(LeakCheck(logs))
    pluginmanager.register(
        SessionCheck(NAME) if is_controller else LeftBehindCheck(ServersView(servers.variables)),
        NAME,
    )


def pytest_xdist_auto_num_workers() -> int:
    """The number of workers for `-n auto`: the cores, because tests start servers that need them, too."""
    return len(os.sched_getaffinity(0))


def pytest_configure(config: pytest.Config) -> None:
    """Lets xdist keep the order of `pytest_collection_modifyitems`."""
    config.option.loadscopereorder = False


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Workers run the files with the fewest tests first.

    These take longest, because they start servers or try many examples. A long one at the end would leave the other
    workers without work.
    """
    if "PYTEST_XDIST_WORKER" in os.environ:
        tests = Counter(item.path for item in items)
        items.sort(key=lambda item: (tests[item.path], item.path))


def pytest_collection_finish() -> None:
    """Excludes all that has been imported from garbage collections, of which a full one would take 0.2 s."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker: DjangoDbBlocker) -> None:
    """Applies all migrations. The database belongs to this run, so pytest-django's `test_` copy is not needed."""
    with django_db_blocker.unblock():
        call_command("migrate", verbosity=0)
        connection.close()


@pytest.fixture
async def database(django_db_setup: None) -> AsyncIterator[Database]:
    """The GraphQL path's access to the database, with empty tables. It connects as often as the test needs."""
    database = Database(os.environ["DATABASE_URL"], size=4)
    await database.write(f"TRUNCATE {TABLES} CASCADE")
    yield database
    await database.close()


@pytest.fixture
def orm(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Django's access to the database, with empty tables."""
    with django_db_blocker.unblock():
        with connection.cursor() as cursor:
            cursor.execute(f"TRUNCATE {TABLES} CASCADE")
        yield
        connection.close()


@pytest.fixture
def services(database: Database) -> Services:
    """The services of a server's requests. `notify` does nothing."""
    from core.context import Services  # noqa: PLC0415  # needs the settings

    return Services(database=database, cursors=CursorSigner(b"for tests"), notify=lambda: None)
