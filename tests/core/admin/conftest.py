"""Demo data, and a superuser who is signed in to the admin."""

from __future__ import annotations

from collections.abc import Iterator
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from pytest_django.plugin import DjangoDbBlocker

from core.accounts.login_throttle import shared_login_throttle
from core.accounts.models import User
from core.config.environment import environment
from tests.empty_tables import EmptyingSession


@pytest.fixture(scope="module")
def demo_rows(
    emptying_session: EmptyingSession, django_db_blocker: DjangoDbBlocker
) -> Iterator[None]:
    """Saves demo users and posts, which `restore_rows` restores."""
    emptying_session.empty_tables()
    with django_db_blocker.unblock():
        call_command("seed_demo", "--users=30", "--posts=80", stdout=StringIO())
        connection.close()
    emptying_session.save_rows()
    yield
    emptying_session.drop_saved()


@pytest.fixture
def world(demo_rows: None, orm: None, emptying_session: EmptyingSession) -> Iterator[None]:
    """Demo users and posts."""
    emptying_session.restore_rows()
    yield
    shared_login_throttle(environment().redis_url, environment().sign_in_attempts).close()


@pytest.fixture
def admin(world: None) -> Client:
    """A browser that is signed in to the admin."""
    client = Client(raise_request_exception=True)
    client.force_login(User.objects.create_superuser("root", "root@example.org", "hush a password"))
    return client
