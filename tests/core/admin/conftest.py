"""Demo data, and a superuser who is signed in to the admin."""

from __future__ import annotations

from collections.abc import Iterator
from io import StringIO

import pytest
from django.core.management import call_command
from django.test import Client

from core.accounts.login_throttle import shared_login_throttle
from core.accounts.models import User
from core.config.environment import environment


@pytest.fixture
def world(orm: None) -> Iterator[None]:
    """Demo users and posts."""
    call_command("seed_demo", "--users=30", "--posts=80", stdout=StringIO())
    yield
    shared_login_throttle(environment().redis_url, environment().sign_in_attempts).close()


@pytest.fixture
def admin(world: None) -> Client:
    """A browser that is signed in to the admin."""
    client = Client(raise_request_exception=True)
    client.force_login(User.objects.create_superuser("root", "root@example.org", "hush a password"))
    return client
