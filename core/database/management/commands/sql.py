"""`manage.py sql`: prints SQL statements as PostgreSQL receives them."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path
from typing import Any, ClassVar

from django.core.management.base import CommandError, CommandParser
from django.utils.module_loading import autodiscover_modules

from core.database.commands import ExplainedCommand
from core.database.statements import Statements, source_at


class Command(ExplainedCommand):
    help = "Prints an SQL statement with its fragments filled in; without a name, lists all statements."
    examples: ClassVar = {
        "": "lists all statements",
        "home_feed_page": "prints this one, as PostgreSQL gets it",
        "home_feed_page:oldest_first": "prints its variant that reads upwards",
    }

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "name", nargs="?", help="posts_by_ids, home_feed_page:oldest_first, ..."
        )

    def handle(self, *_: Any, name: str | None, **__: Any) -> None:
        found = statements()
        if name is None:
            for each, (path, _text) in found.items():
                first_line = source_at(path).header.partition("\n")[0]
                self.stdout.write(f"{each:42} {first_line}")
        elif name in found:
            path, text = found[name]
            others = [each for each in found if each.split(":")[0] == path.stem and each != name]
            self.stdout.write(f"-- {path}\n{source_at(path).header}{text}")
            if others:
                self.stdout.write(f"-- Variants: {', '.join(others)}.")
        else:
            similar = get_close_matches(name, found)
            advice = (
                f"Similar: {', '.join(similar)}." if similar else "`manage.py sql` lists all names."
            )
            raise CommandError(f"No SQL statement is named {name}. {advice}")


def statements() -> dict[str, tuple[Path, str]]:
    """The file and text of every statement of every room, by name and variant."""
    autodiscover_modules("statements")
    return {
        f"{name}{variant}": (room.folders[0] / f"{name.partition(':')[0]}.sql", text)
        for room in Statements.rooms
        for name, texts in room().variants.items()
        for variant, text in texts.items()
    }
