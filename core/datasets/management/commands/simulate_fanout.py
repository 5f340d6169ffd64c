"""manage.py simulate_fanout [FILE]"""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

from django.core.management.base import CommandError

from core.database.commands import ExplainedCommand, number, whole_number
from core.datasets.fanout import (
    Costs,
    FanoutOutcome,
    cheapest,
    generated_network,
    network_of_trace,
    simulate,
)
from core.datasets.line_chart import Panel, line_chart
from core.datasets.trace import TraceUnreadable

HEADINGS = (
    "limit",
    "merged",
    "a reader's most",
    "entries",
    "writing, s",
    "merging, s/page",
    "lag p99, s",
    "lag most, s",
)

POSITIVE = number(0.001, 1_000_000)
NUMBERS = {
    "--users": (whole_number(2, 200_000), 20_000, "how many users are generated"),
    "--follows": (
        whole_number(1, 50_000),
        5_000,
        "how many users a generated user follows at most",
    ),
    "--posts": (whole_number(1, 2_000_000), 200_000, "how many posts and shares are generated"),
    "--seed": (whole_number(0, 2**31 - 1), 1, "another number generates another network"),
    "--entry": (POSITIVE, 22.0, "how many microseconds adding an entry to a feed takes"),
    "--source": (POSITIVE, 3.5, "how many microseconds looking at one author for a page takes"),
    "--speed": (POSITIVE, 1.0, "how many times as fast everything happens"),
}
"""The options with a number: their type, default and meaning."""


class Command(ExplainedCommand):
    help = (
        "Simulates home feeds: up to which number of followers of an author it is cheaper to write "
        "entries for all followers than to look at the author for each page of each follower. "
        "Uses a trace of interactions, or generated follows and posts. Needs no database."
    )
    examples: ClassVar = {
        "higgs-activity_time.txt.gz --speed 10": "the trace, ten times as fast",
        "--users 20000 --follows 5000 --plot fanout.svg": "generated follows, also as a picture",
    }

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "file",
            type=Path,
            nargs="?",
            metavar="FILE",
            help="a trace, as import_trace reads it; without one all is generated",
        )
        for name, (kind, default, what) in NUMBERS.items():
            described = f"{what} ({default:,g})"
            parser.add_argument(name, type=kind, default=default, metavar="N", help=described)
        parser.add_argument(
            "--pages",
            type=POSITIVE,
            nargs="+",
            default=[1.0, 10.0, 100.0],
            metavar="N",
            help="how many pages a reader reads for each thing that they do; several (1 10 100)",
        )
        parser.add_argument(
            "--plot", type=Path, metavar="FILE", help="write a picture of the costs to FILE as SVG"
        )

    def handle(
        self,
        *,
        file: Path | None,
        users: int,
        follows: int,
        posts: int,
        seed: int,
        pages: Sequence[float],
        entry: float,
        source: float,
        speed: float,
        plot: Path | None,
        **_: Any,
    ) -> None:
        try:
            network = (
                network_of_trace(file)
                if file
                else generated_network(users=users, follows=follows, reasons=posts, seed=seed)
            )
        except TraceUnreadable as problem:
            raise CommandError(str(problem)) from problem
        readers = sum(1 for count in network.actions.values() if count)
        self.stdout.write(
            f"{readers:,} readers, {sum(map(len, network.followers.values())):,} follows, "
            f"{len(network.reasons):,} posts and shares."
        )
        outcomes = list(simulate(network, Costs(entry, source), speed=speed))
        self._write_table(outcomes)
        for each in pages:
            self.stdout.write(_conclusion(outcomes, each))
        if plot is not None:
            title = f"Fan-out: {file.name if file else f'{users:,} generated users'}"
            _write_plot(plot, title, outcomes, pages)

    def _write_table(self, outcomes: Sequence[FanoutOutcome]) -> None:
        self.stdout.write("".join(f"{heading:>17}" for heading in HEADINGS))
        for outcome in outcomes:
            values = (
                f"{outcome.limit:,}",
                f"{outcome.merged:,}",
                f"{outcome.merged_at_most:,}",
                f"{outcome.entries:,}",
                f"{outcome.write_seconds:,.2f}",
                f"{outcome.source_seconds:,.3f}",
                f"{outcome.lag_p99:.3f}",
                f"{outcome.lag_most:.3f}",
            )
            self.stdout.write("".join(f"{value:>17}" for value in values))


def _conclusion(outcomes: Sequence[FanoutOutcome], pages: float) -> str:
    best, without = cheapest(outcomes, pages), outcomes[-1]
    text = f"At {pages:g} pages for each thing done, "
    if best.limit == without.limit:
        return text + f"writing for all followers is cheapest: {without.total(pages):,.2f} s."
    return text + (
        f"a limit of {best.limit:,} is cheapest: {best.total(pages):,.2f} s; "
        f"writing for all followers takes {without.total(pages):,.2f} s."
    )


def _write_plot(
    path: Path, title: str, outcomes: Sequence[FanoutOutcome], pages: Sequence[float]
) -> None:
    panels = [
        Panel(
            f"pages read for each thing that a reader does: {each:g}",
            {
                "writing": [outcome.write_seconds for outcome in outcomes],
                "merging": [each * outcome.source_seconds for outcome in outcomes],
                "both": [outcome.total(each) for outcome in outcomes],
            },
        )
        for each in pages
    ]
    drawn = line_chart(
        f"{title}: seconds of PostgreSQL's CPU",
        "followers up to which an author's posts are written to feeds; above, authors are merged at read",
        [outcome.limit for outcome in outcomes],
        panels,
    )
    try:
        path.write_text(drawn)
    except OSError as error:
        raise CommandError(f"{path} can't be written: {error.strerror}.") from error
