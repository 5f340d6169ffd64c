"""manage.py import_trace FILE"""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any, ClassVar

from django.core.management.base import CommandError
from tqdm import tqdm

from core.database.commands import ExplainedCommand
from core.datasets.trace import BadLine, TraceUnreadable
from core.datasets.trace_import import ImportInterrupted, Progress, import_trace
from interactions.models import TraceImport

MAX_SHOWN = 1_000


class Command(ExplainedCommand):
    help = (
        "Loads a trace of interactions (lines `actor target unix_seconds kind`, plain or gzip): "
        "users, follows, posts, shares and comments, at the times in the trace. "
        "Run it again after an interruption, and it resumes."
    )
    examples: ClassVar = {
        "higgs-activity_time.txt.gz": "loads the trace, or the rest of it after an interruption",
    }

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE", help="plain text or gzip")

    def handle(self, *, file: Path, **_: Any) -> None:
        self.bar: tqdm[Any] = tqdm(disable=True)
        self.bad_lines = 0
        try:
            record, already_finished = import_trace(
                file, Progress(self._begins, self._advances, self._skips)
            )
        except (TraceUnreadable, ImportInterrupted) as problem:
            raise CommandError(str(problem)) from problem
        finally:
            self.bar.close()
        state = (
            f"Already imported on {record.finished_at:%Y-%m-%d at %H:%M}"
            if already_finished
            else "Imported"
        )
        self.stdout.write(f"{state}: {_summary(record)}.")

    def _begins(self, lines: int, already: int) -> None:
        if already:
            self.stdout.write(f"Resuming after line {already:,} of {lines:,}.")
        # `disable=None` hides the bar without a terminal.
        self.bar = tqdm(total=lines, unit=" lines", disable=None)

    def _advances(self, lines: int) -> None:
        self.bar.update(lines)

    def _skips(self, bad: BadLine) -> None:
        self.bad_lines += 1
        if self.bad_lines <= MAX_SHOWN:
            self._complain(f"Line {bad.number:,} is skipped: {bad.reason}.")
        if self.bad_lines == MAX_SHOWN:
            self._complain("Further bad lines are counted, not reported.")

    def _complain(self, text: str) -> None:
        # `tqdm.write` would add a line break to that of Django.
        with tqdm.external_write_mode():
            self.stderr.write(text)


def _summary(record: TraceImport) -> str:
    counts = [
        (record.people, "user", "users"),
        (record.follows, "follow", "follows"),
        (record.posts, "post", "posts"),
        (record.shares, "share", "shares"),
        (record.comments, "comment", "comments"),
        (record.left_out, "row left out", "rows left out"),
        (record.bad_lines, "bad line skipped", "bad lines skipped"),
    ]
    return ", ".join(f"{count:,} {one if count == 1 else many}" for count, one, many in counts)
