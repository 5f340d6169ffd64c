"""Starts a real PostgreSQL and Valkey for each process that runs tests, before Django reads its settings."""

from __future__ import annotations

import gc
import os
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, closing
from math import inf
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import django
import hypothesis
import pytest
from django.conf import settings
from django.db import connection
from pytest_django.plugin import DjangoDbBlocker

from core import quick_redis
from core.database.cursors import CursorSigner
from core.database.database import Database
from core.devserver.folder_locks import folder_lock
from core.server.garbage_collection import tune_garbage_collection
from tests.empty_tables import EMPTY_TABLES, EmptyingSession
from tests.kept_sessions import KeepingDatabase, KeptSessions
from tests.leaks import LeakCheck
from tests.left_behind import NAME, LeftBehindCheck, ServersView, tests_loop
from tests.longest_first import LONGEST_FIRST
from tests.paths import ROOT
from tests.servers import FOLDER, NO_SERVERS, SETTINGS, leave_statistics, servers_for_tests
from tests.session_check import SessionCheck

if TYPE_CHECKING:
    from core.context import Services

__all__ = ["tests_loop"]

# A busy machine must not fail a test, so hypothesis has no deadline.
hypothesis.settings.register_profile("everyday", deadline=None, max_examples=40)
hypothesis.settings.register_profile("thorough", deadline=None, max_examples=400)
hypothesis.settings.load_profile("everyday")
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
    # Otherwise each worker would compile all tests anew, and each process that a test starts the product.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False
    if not is_controller:
        gc.disable()  # Until all tests are imported, which leaves little garbage.
    running = ExitStack()
    config.add_cleanup(running.close)
    servers = NO_SERVERS
    if not is_controller:
        servers = running.enter_context(servers_for_tests())
        leave_statistics(servers.database_url)
    os.environ.update(SETTINGS, **servers.variables)
    FOLDER.mkdir(parents=True, exist_ok=True)
    folder = Path(running.enter_context(TemporaryDirectory(prefix="files-", dir=FOLDER)))
    running.enter_context(folder_lock(folder, "a test run"))  # Else a run beside this removes it.
    media = folder / "media"
    media.mkdir()
    os.environ["MEDIA_STORAGE"] = str(media)
    # No test uses TLS. Without this, each client of httpx would read all certificates, for 20 ms.
    os.environ.pop("SSL_CERT_FILE", None)
    os.environ["SSL_CERT_DIR"] = str(FOLDER)
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
    """The number of workers for `-n auto`: two for each core, because tests wait for much of their time."""
    return 2 * len(os.sched_getaffinity(0))


def pytest_configure(config: pytest.Config) -> None:
    """Lets xdist keep the order of `pytest_collection_modifyitems`."""
    config.option.loadscopereorder = False


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Workers run the files of `LONGEST_FIRST` first, then those with the most tests.

    A long one at the end would leave the other workers without work.
    """
    if "PYTEST_XDIST_WORKER" in os.environ:
        tests = Counter(item.path for item in items)
        long = {ROOT / "tests" / name: place for place, name in enumerate(LONGEST_FIRST)}
        items.sort(key=lambda i: (long.get(i.path, len(long)), -tests[i.path], i.path))


def pytest_collection_finish() -> None:
    """Sets the garbage collector as in production. Otherwise a fifth of a test would go to looking for garbage."""
    tune_garbage_collection()


@pytest.fixture(scope="session", autouse=True)
def hash_costs() -> Iterator[dict[str, int]]:
    """The costs of a password's hash in production. Tests without `production_hashes` hash at the least cost."""
    from core.accounts.hashers import RawPasswordHasher as Hasher  # noqa: PLC0415  # needs the settings

    costs = {"memory_cost": Hasher.memory_cost, "time_cost": Hasher.time_cost}
    Hasher.memory_cost, Hasher.time_cost = 8, 1
    yield costs
    Hasher.memory_cost, Hasher.time_cost = costs["memory_cost"], costs["time_cost"]


@pytest.fixture(scope="session", autouse=True)
def redis_seconds() -> Iterator[float]:
    """The timeout of Redis in production, after which a process does without. A busy machine may take longer."""
    seconds, quick_redis.REDIS_SECONDS = quick_redis.REDIS_SECONDS, 20.0
    yield seconds
    quick_redis.REDIS_SECONDS = seconds


@pytest.fixture
def production_hashes(hash_costs: dict[str, int], monkeypatch: pytest.MonkeyPatch) -> None:
    """Hashes passwords as in production: for tests of the hash itself, and of the time it takes."""
    from core.accounts.hashers import RawPasswordHasher  # noqa: PLC0415  # needs the settings

    for name, cost in hash_costs.items():
        monkeypatch.setattr(RawPasswordHasher, name, cost)


@pytest.fixture(scope="session")
def django_db_setup() -> None:
    """Does nothing, in place of pytest-django's fixture: the database is this run's own, and has its tables."""


@pytest.fixture(scope="module")
async def kept_sessions() -> AsyncIterator[KeptSessions]:
    """The idle sessions of the module's tests."""
    kept = KeptSessions()
    yield kept
    kept.close()


@pytest.fixture
async def database(django_db_setup: None, kept_sessions: KeptSessions) -> AsyncIterator[Database]:
    """The GraphQL path's access to the database, with empty tables. It connects as often as the test needs."""
    database = KeepingDatabase(os.environ["DATABASE_URL"], kept_sessions, size=4)
    await database.write(EMPTY_TABLES)
    yield database
    await database.close()


@pytest.fixture(scope="module")
def emptying_session(django_db_setup: None) -> Iterator[EmptyingSession]:
    """Empties the tables for `orm`."""
    with closing(EmptyingSession(os.environ["DATABASE_URL"])) as session:
        yield session


@pytest.fixture
def orm(emptying_session: EmptyingSession, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Django's access to the database, with empty tables."""
    emptying_session.empty_tables()
    with django_db_blocker.unblock():
        yield
        connection.close()


@pytest.fixture
def services(database: Database) -> Services:
    """The services of a server's requests. `notify` does nothing."""
    from core.config.environment import environment  # noqa: PLC0415  # needs the settings
    from core.context import Services  # noqa: PLC0415  # likewise
    from core.events.list_horizon import ListHorizon  # noqa: PLC0415  # likewise
    from core.graphql.limits.rate_limits import RateLimits, Rates  # noqa: PLC0415  # likewise
    from core.graphql.limits.token_buckets import TokenBuckets  # noqa: PLC0415  # likewise

    services = Services(database=database, cursors=CursorSigner(b"for tests"), notify=lambda: None)
    # Read for each page, so that which rows are above it does not depend on the time.
    services.list_horizon = ListHorizon(database, seconds=0)
    services.register(RateLimits(TokenBuckets(environment().redis_url), Rates()))
    return services


@pytest.fixture
async def known_horizon(services: Services) -> None:
    """Pages read no horizon, as if one had read it just now."""
    from core.events.list_horizon import ListHorizon  # noqa: PLC0415  # needs the settings

    services.list_horizon = ListHorizon(services.database, seconds=inf)
    await services.list_horizon.key()
