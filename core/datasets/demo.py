"""Fills a database with demo people and posts."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import NamedTuple

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.db.models.functions import Lower

from core.accounts.models import User
from core.datasets.bulk_load import load, tidy
from core.datasets.demo_rows import DemoRows
from core.datasets.factories import NewPersonFactory

VIEWER = "demo"
UNTIL = datetime(2026, 11, 1, tzinfo=UTC)
"""When demo data ends if nothing else is said: the same for the same seed, on any day."""
SALT = "the-demo-password-is-public"


class Seeded(NamedTuple):
    """How many rows each table has gained, and whether the demo sign-in is among them."""

    gained: dict[str, int]
    viewer: bool


def seed_demo(
    *,
    people: int,
    posts: int,
    seed: int,
    until: datetime = UNTIL,
    password: str | None = None,
    admin: bool = False,
) -> Seeded | None:
    """What has been made, or None if there are demo people already. All of it or, if cut off, nothing.

    With a password there is also the person `demo`, who signs in with it; with `admin` to the admin as well.
    """
    first = NewPersonFactory.build(number=0)
    if User.objects.alias(handle=Lower("username")).filter(handle=first.username).exists():
        return None
    rows = DemoRows(people=people, posts=posts, seed=seed, until=until)
    gained: dict[str, int] = {}
    viewer = False
    with transaction.atomic():
        for part in rows.parts():
            for table, count in load(part).items():
                gained[table] = gained.get(table, 0) + count
        if password is not None:
            # The same hash for the same password, so that the row is the same as well.
            hashed = make_password(password, salt=SALT)
            viewer = load(rows.viewer(VIEWER, hashed))["users"] == 1
            if viewer and admin:
                User.objects.filter(username=VIEWER).update(is_staff=True, is_superuser=True)
    tidy()
    return Seeded(gained, viewer)
