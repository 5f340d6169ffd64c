"""Runs all benchmarks and prints a table of their figures: `python -m tests.benchmarks`.

Each part is also a program with its own options, for example `python -m tests.benchmarks.likes --help`.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.benchmarks.figures import read_figures, table
from tests.benchmarks.plot import bars
from tests.paths import ROOT

PARTS = {
    "execution": "Execution alone, from objects in memory",
    "workloads": "The four workloads over HTTP",
    "likes": "Likes by group commit",
    "live": "Events to subscribers",
    "rounds": "Memory after connections were reset",
}
DEFAULTS = {
    "live": ("--idle=5000", "--seconds=10"),
    "rounds": ("--clients=2000",),
}
QUICK = {
    "execution": ("--rounds=3",),
    "workloads": ("--rounds=1", "--seconds=1", "--users=500", "--posts=3000"),
    "likes": ("--rounds=1", "--likes=2000"),
    "live": ("--subscribers=200", "--idle=500", "--seconds=3"),
    "rounds": ("--clients=200", "--rounds=3"),
}
NOTE = """\
Ratios are of medians in interleaved rounds. "Strawberry, our SQL" is Strawberry on this project's own
schema and statements; the goals of 8 times (W1) and 10 times (W2) are set against Strawberry on its own.
? marks a measurement that other processes on this machine disturbed, or a rate that was not reached."""
CHART = ROOT / "docs" / "performance.svg"


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks", description="Measures, and prints tables."
    )
    parser.add_argument(
        "parts", nargs="*", metavar="PART", help=f"one of {', '.join(PARTS)}; default: all"
    )
    parser.add_argument(
        "--quick", action="store_true", help="short runs, to check that every part works"
    )
    parser.add_argument(
        "--plot",
        type=Path,
        nargs="?",
        const=CHART,
        metavar="FILE",
        help="write a chart of the workloads' CPU time (default: docs/performance.svg)",
    )
    arguments = parser.parse_args()
    unknown = set(arguments.parts) - PARTS.keys()
    if unknown:
        parser.error(f"unknown part: {', '.join(sorted(unknown))}; choose from {', '.join(PARTS)}")
    options = QUICK if arguments.quick else DEFAULTS
    figures = []
    with tempfile.TemporaryDirectory() as folder:
        for part, title in PARTS.items():
            if arguments.parts and part not in arguments.parts:
                continue
            print(f"\n— {title}", flush=True)
            results = Path(folder) / f"{part}.json"
            run(part, *options.get(part, ()), f"--results={results}")
            figures += read_figures(results)
            if part == "workloads" and arguments.plot:
                arguments.plot.write_text(bars(json.loads(results.read_text())["cpu"]))
                print(f"Chart written to {arguments.plot}")
    short = ", from a run too short to be meaningful" if arguments.quick else ""
    print(f"\n— All figures{short}\n{table(figures)}\n\n{NOTE}")


def run(part: str, *options: str) -> None:
    """Runs one part, which prints its table; exits with its status if it fails."""
    command = [sys.executable, "-m", f"tests.benchmarks.{part}", *options]
    status = subprocess.run(command, cwd=ROOT, check=False).returncode
    if status:
        sys.exit(status)


if __name__ == "__main__":
    main()
