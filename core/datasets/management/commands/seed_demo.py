"""manage.py seed_demo"""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError
from datetime import UTC, datetime
from typing import Any, ClassVar

from django.core.management.base import CommandError
from django.utils import timezone

from core.database.commands import ExplainedCommand, whole_number

MAX_USERS = 50_000
MAX_POSTS = 200_000
EARLIEST = datetime(2010, 6, 1, tzinfo=UTC)


class Command(ExplainedCommand):
    help = (
        "Creates demo users with posts, follows, likes, comments and shares, distributed as in real "
        "feeds. The same seed gives the same rows. Does nothing if there are demo users already."
    )
    examples: ClassVar = {
        "": "500 users and 5,000 posts; nobody can sign in",
        "--password demo-demo-demo --admin": "also the user demo, for the API and the admin",
        "--users 50000 --posts 200000 --until 2026-11-01T00:00:00Z": "the largest data set that it makes",
    }

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--users",
            "--people",
            type=whole_number(1, MAX_USERS),
            default=500,
            metavar="N",
            help="how many users (500)",
        )
        parser.add_argument(
            "--posts",
            type=whole_number(0, MAX_POSTS),
            default=5_000,
            metavar="N",
            help="how many posts (5,000)",
        )
        parser.add_argument(
            "--seed",
            type=whole_number(0, 2**31 - 1),
            default=1,
            metavar="N",
            help="another number gives other rows (1)",
        )
        parser.add_argument(
            "--until",
            type=_moment,
            metavar="TIME",
            help="when the 30 days of the data end, such as 2026-11-01T00:00:00Z",
        )
        parser.add_argument(
            "--password",
            metavar="TEXT",
            help="also create the user `demo`, who signs in with this password",
        )
        parser.add_argument(
            "--admin",
            action="store_true",
            help="let `demo` use the admin: only on a server that others can't reach",
        )

    def handle(
        self,
        *,
        users: int,
        posts: int,
        seed: int,
        until: datetime | None,
        password: str | None,
        admin: bool,
        **_: Any,
    ) -> None:
        try:
            from core.datasets import demo  # noqa: PLC0415  # production has no factory-boy
        except ModuleNotFoundError as missing:
            raise CommandError(
                f"{missing.name} is not installed. Install requirements/dev.txt."
            ) from missing
        seeded = demo.seed_demo(
            users=users,
            posts=posts,
            seed=seed,
            until=until or demo.UNTIL,
            password=password,
            admin=admin,
        )
        if seeded is None:
            self.stdout.write(
                "There are demo users already; nothing was created. For others begin with an empty database: "
                "stop `make run` and run `make clean-data`."
            )
            return
        counts = ", ".join(
            f"{count:,} {table.replace('_', ' ')}"
            for table, count in seeded.inserted.items()
            if count
        )
        self.stdout.write(f"Created {counts}.")
        if seeded.viewer:
            self.stdout.write(f"Sign in as {demo.VIEWER} with the password {password}")
        elif password is not None:
            self.stdout.write(f"The name {demo.VIEWER} is taken: no sign-in was created.")


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise ArgumentTypeError("it must be a time such as 2026-11-01T00:00:00Z") from error
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    if not EARLIEST <= moment <= timezone.now():
        raise ArgumentTypeError(f"it must be between {EARLIEST:%Y-%m-%d} and now")
    return moment
