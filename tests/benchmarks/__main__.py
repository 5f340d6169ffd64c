"""All measurements, one after the other, and a table of them: `python -m tests.benchmarks`.

Each is a program of its own with options of its own, such as `python -m tests.benchmarks.likes --help`.
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
    "likes": "Likes that commit together",
    "live": "Events to subscribers",
    "rounds": "Memory of connections that were cut off",
}
FEWER = {
    "live": ("--idle=5000", "--seconds=10"),
    "rounds": ("--clients=2000",),
}
QUICK = {
    "execution": ("--rounds=3",),
    "workloads": ("--rounds=1", "--seconds=1", "--people=500", "--posts=3000"),
    "likes": ("--rounds=1", "--likes=2000"),
    "live": ("--subscribers=200", "--idle=500", "--seconds=3"),
    "rounds": ("--clients=200", "--rounds=3"),
}
NOTE = """\
Ratios are of medians in interleaved rounds. "Strawberry, our SQL" is Strawberry on this project's own
schema and statements; the goals of 8 times (W1) and 10 times (W2) are set against Strawberry on its own.
? is a measurement that others on this machine have spoilt, or a rate that was not kept up with."""
PICTURE = ROOT / "docs" / "performance.svg"


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks", description="Measures, and prints tables."
    )
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; or all")
    parser.add_argument("--quick", action="store_true", help="short: to see that all of it works")
    parser.add_argument(
        "--plot",
        type=Path,
        nargs="?",
        const=PICTURE,
        metavar="FILE",
        help="draw the workloads' CPU time (docs/performance.svg if no file is named)",
    )
    chosen = parser.parse_args()
    unknown = set(chosen.parts) - PARTS.keys()
    if unknown:
        parser.error(f"there is no {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    options = QUICK if chosen.quick else FEWER
    figures = []
    with tempfile.TemporaryDirectory() as folder:
        for part, title in PARTS.items():
            if chosen.parts and part not in chosen.parts:
                continue
            print(f"\n— {title}", flush=True)
            results = Path(folder) / f"{part}.json"
            run(part, *options.get(part, ()), f"--results={results}")
            figures += read_figures(results)
            if part == "workloads" and chosen.plot:
                chosen.plot.write_text(bars(json.loads(results.read_text())["cpu"]))
                print(f"Drawn: {chosen.plot}")
    short = ", from a run too short to mean much" if chosen.quick else ""
    print(f"\n— All figures{short}\n{table(figures)}\n\n{NOTE}")


def run(part: str, *options: str) -> None:
    """Runs one measurement, which prints its table; ends with it if it fails."""
    command = [sys.executable, "-m", f"tests.benchmarks.{part}", *options]
    status = subprocess.run(command, cwd=ROOT, check=False).returncode
    if status:
        sys.exit(status)


if __name__ == "__main__":
    main()
