"""manage.py runserver"""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError


class Command(BaseCommand):
    help = "Names the commands that serve: Django's own server knows nothing of /graphql/."
    requires_system_checks = ()

    def run_from_argv(self, argv: list[str]) -> None:
        # Whatever options are given: they are those of the command that is replaced.
        super().run_from_argv(argv[:2] + [word for word in argv[2:] if word in {"-h", "--help"}])

    def handle(self, *_: Any, **__: Any) -> None:
        raise CommandError(
            "Django's own server would not serve /graphql/. Use `make run`, which brings everything "
            f"up, or `{sys.executable} -m core.server` with the settings in the environment."
        )
