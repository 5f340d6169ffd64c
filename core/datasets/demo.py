"""Fills a database with demo users and posts."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import NamedTuple

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.db.models.functions import Lower
from tqdm import tqdm

from core.accounts.models import User
from core.database.django_bridge import run
from core.datasets.bulk_load import load, notifications_load, vacuum
from core.datasets.dataset_rows import DatasetRows
from core.datasets.demo_pictures import add_pictures
from core.datasets.demo_rows import DemoRows
from core.datasets.factories import NewUserFactory
from core.events import event_types
from core.figures.consumers import arguments
from core.figures.statements import SQL

VIEWER = "demo"
UNTIL = datetime(2026, 11, 1, tzinfo=UTC)
"""The default end of the demo data: fixed, so that the same seed gives the same rows on any day."""
SALT = "the-demo-password-is-public"
KINDS = {
    "users": event_types.USER_CREATED,
    "follows": event_types.USER_FOLLOWED,
    "posts": event_types.POST_CREATED,
    "post_likes": event_types.POST_LIKED,
    "shares": event_types.POST_SHARED,
    "comments": event_types.COMMENT_CREATED,
    "comment_likes": event_types.COMMENT_LIKED,
}
"""By table, the kind of the events that its rows would have caused: a load writes none."""


class Seeded(NamedTuple):
    """The number of rows inserted by table, and whether the user `demo` was created."""

    inserted: dict[str, int]
    viewer: bool


def seed_demo(
    *,
    users: int,
    posts: int,
    seed: int,
    until: datetime = UNTIL,
    password: str | None = None,
    admin: bool = False,
) -> Seeded | None:
    """The inserted rows, in one transaction; None if there are demo users already.

    A password also creates the user `demo`, who signs in with it; with `admin` to the admin, too.
    """
    first = NewUserFactory.build(number=0)
    if User.objects.alias(handle=Lower("username")).filter(handle=first.username).exists():
        return None
    rows = DemoRows(users=users, posts=posts, seed=seed, until=until)
    inserted: dict[str, int] = {}
    viewer = False
    with transaction.atomic():
        # `disable=None` hides the bar without a terminal.
        for part in tqdm(
            rows.parts(), total=rows.number_of_parts, unit=" parts", leave=False, disable=None
        ):
            for table, count in load(part).items():
                inserted[table] = inserted.get(table, 0) + count
            count_by_day(part)
        if password is not None:
            # A fixed salt, so that the same password gives the same row.
            hashed = make_password(password, salt=SALT)
            viewers = rows.viewer(VIEWER, hashed)
            viewer = load(viewers)["users"] == 1
            if viewer:
                count_by_day(viewers)
            if viewer and admin:
                User.objects.filter(username=VIEWER).update(is_staff=True, is_superuser=True)
        inserted["media"] = add_pictures()
        inserted["notifications"] = notifications_load()
    vacuum()
    return Seeded(inserted, viewer)


def count_by_day(rows: DatasetRows) -> None:
    """Adds the rows to the daily figures."""
    done = [(row.created_at, kind) for table, kind in KINDS.items() for row in getattr(rows, table)]
    run(SQL.daily_figures_add, *arguments(done))
