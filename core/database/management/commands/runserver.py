"""`manage.py runserver`: replaced, because Django's server can't serve GraphQL."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError


class Command(BaseCommand):
    help = "Not supported: Django's server can't serve /graphql/. Use `make run` or `python -m core.server`."
    requires_system_checks = ()

    def run_from_argv(self, argv: list[str]) -> None:
        # The options of Django's command are accepted and ignored.
        super().run_from_argv(argv[:2] + [word for word in argv[2:] if word in {"-h", "--help"}])

    def handle(self, *_: Any, **__: Any) -> None:
        raise CommandError(
            "Django's own server can't serve /graphql/. Use `make run`, which starts everything, "
            f"or `{sys.executable} -m core.server` with the settings in the environment."
        )
