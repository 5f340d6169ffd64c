"""manage.py reconcile_counts"""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from core.datasets.reconcile import COUNTS, Count, Findings, compare, repair


class Command(BaseCommand):
    help = (
        "Compares every stored count with the rows that it counts and says what it has found. "
        "The server may run meanwhile. Exit status 1 if a difference remains."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--repair", action="store_true", help="put wrong counts right")

    def handle(self, *, repair: bool, **_: Any) -> None:
        remaining = sum(self._reconcile(count, repairing=repair) for count in COUNTS)
        if remaining:
            advice = "" if repair else " `reconcile_counts --repair` puts them right."
            raise CommandError(f"{remaining:,} counts differ.{advice}")
        self.stdout.write("Every count equals its rows.")

    def _reconcile(self, count: Count, *, repairing: bool) -> int:
        """How many counts differ in the end."""
        found = compare(count)
        self.stdout.write(_in_words(count, found))
        if not (repairing and found.wrong):
            return len(found.wrong)
        repaired = repair(count, found.wrong)
        left = len(compare(count).wrong)
        self.stdout.write(f"  {repaired:,} repaired, {left:,} differ now.")
        return left


def _in_words(count: Count, found: Findings) -> str:
    if not found.wrong:
        return f"{count}: right in all {found.rows:,} rows."
    examples = ", ".join(
        f"{one.id} says {one.stored:,} and has {one.counted:,}" for one in found.examples
    )
    return f"{count}: wrong in {len(found.wrong):,} of {found.rows:,} rows, such as {examples}."
