"""A real PostgreSQL and a real Valkey for the whole run, up before Django reads its settings."""

from __future__ import annotations

import os
from contextlib import ExitStack

import django
import pytest
from django.core.management import call_command
from pytest_django.plugin import DjangoDbBlocker

from tests.servers import SETTINGS, servers_for_tests

RUNNING = ExitStack()
os.environ.update(SETTINGS, **RUNNING.enter_context(servers_for_tests()).variables)
django.setup()


def pytest_unconfigure() -> None:
    RUNNING.close()


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker: DjangoDbBlocker) -> None:
    """The database with every migration applied; being the run's own it needs no `test_` twin."""
    with django_db_blocker.unblock():
        call_command("migrate", verbosity=0)
