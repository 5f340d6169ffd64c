"""The base of this project's management commands: `--help` ends with examples. Types of their arguments."""

from __future__ import annotations

from argparse import ArgumentTypeError
from collections.abc import Callable
from typing import Any, ClassVar

from django.core.management.base import BaseCommand, CommandParser, DjangoHelpFormatter

from core import numbers

HEADING = "examples:\n"


class ExamplesFormatter(DjangoHelpFormatter):
    """Keeps the lines of the examples, and wraps everything else."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        return text if text.startswith(HEADING) else super()._fill_text(text, width, indent)


class ExplainedCommand(BaseCommand):
    requires_system_checks = ()  # They look for mistakes in the code: `migrate` and the tests run them.
    examples: ClassVar[dict[str, str]]
    """What the examples do, by their arguments, in the order in which they are shown."""

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        begin = f"  python manage.py {subcommand}"
        lines = [
            f"{begin} {arguments}".rstrip() + f"\n      {does}"
            for arguments, does in self.examples.items()
        ]
        kwargs |= {"epilog": HEADING + "\n".join(lines), "formatter_class": ExamplesFormatter}
        return super().create_parser(prog_name, subcommand, **kwargs)


def whole_number(least: int, most: int) -> Callable[[str], int]:
    """The type of an argument that is a whole number."""
    return numbers.whole_number(least, most, _refused)


def number(least: float, most: float) -> Callable[[str], float]:
    """The type of an argument that is a number."""
    return numbers.number(least, most, _refused)


def _refused(wanted: str) -> ArgumentTypeError:
    return ArgumentTypeError(f"it must be {wanted}")
