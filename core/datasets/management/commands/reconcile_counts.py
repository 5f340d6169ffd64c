"""manage.py reconcile_counts"""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any, ClassVar

from django.core.management.base import CommandError
from tqdm import tqdm

from core.database.commands import ExplainedCommand
from core.datasets.reconcile import COUNTS, Count, Findings, compare, repair


class Command(ExplainedCommand):
    help = (
        "Compares every stored count with the rows that it counts and reports differences. "
        "The server may run meanwhile. Exit status 1 if a difference remains."
    )
    examples: ClassVar = {
        "": "compares and reports",
        "--repair": "also repairs, for example after a restored backup",
    }

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--repair", action="store_true", help="repair wrong counts")

    def handle(self, *, repair: bool, **_: Any) -> None:
        # `disable=None` hides the bar without a terminal.
        with tqdm(COUNTS, unit=" counts", disable=None) as counts:
            remaining = sum(self._reconcile(count, repairing=repair) for count in counts)
        if remaining:
            advice = "" if repair else " Run `reconcile_counts --repair`."
            raise CommandError(f"{remaining:,} counts differ.{advice}")
        self.stdout.write("Every count equals its rows.")

    def _reconcile(self, count: Count, *, repairing: bool) -> int:
        """The number of counts that differ afterwards."""
        found = compare(count)
        self._say(_summary(count, found))
        if not (repairing and found.wrong):
            return len(found.wrong)
        repair(count, found.wrong)
        left = len(compare(count).wrong)
        self._say(f"  {len(found.wrong) - left:,} repaired, {left:,} differ now.")
        return left

    def _say(self, text: str) -> None:
        # `tqdm.write` would add a line break to that of Django.
        with tqdm.external_write_mode():
            self.stdout.write(text)


def _summary(count: Count, found: Findings) -> str:
    if not found.wrong:
        return f"{count}: correct in all {found.rows:,} rows."
    examples = ", ".join(
        f"{one.id} stores {one.stored:,} and has {one.counted:,}" for one in found.examples
    )
    return f"{count}: wrong in {len(found.wrong):,} of {found.rows:,} rows, such as {examples}."
