"""All measurements, one after the other: `python -m tests.benchmarks`.

Each is a program of its own with options of its own, such as `python -m tests.benchmarks.likes --help`.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.benchmarks.load import ROOT
from tests.benchmarks.plot import bars

PARTS = {
    "execution": "Execution alone, from objects in memory",
    "workloads": "The four workloads over HTTP",
    "likes": "Likes that commit together",
    "live": "Events to subscribers",
}
FEWER = {
    "live": ("--subscribers=1000", "--idle=2000", "--seconds=10"),
}
QUICK = {
    "execution": ("--rounds=3",),
    "workloads": ("--rounds=1", "--seconds=1", "--people=500", "--posts=3000"),
    "likes": ("--rounds=1", "--likes=2000"),
    "live": ("--subscribers=200", "--idle=500", "--seconds=3"),
}
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
        help="draw the workloads (docs/performance.svg if no file is named)",
    )
    chosen = parser.parse_args()
    unknown = set(chosen.parts) - PARTS.keys()
    if unknown:
        parser.error(f"there is no {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    options = QUICK if chosen.quick else FEWER
    with tempfile.TemporaryDirectory() as folder:
        results = Path(folder) / "workloads.json"
        for part, title in PARTS.items():
            if not chosen.parts or part in chosen.parts:
                print(f"\n— {title}", flush=True)
                more = (f"--results={results}",) if part == "workloads" else ()
                run(part, *options.get(part, ()), *more)
        if chosen.plot and results.exists():
            draw(results, chosen.plot)
            print(f"\nDrawn in {chosen.plot}")


def run(part: str, *options: str) -> None:
    """Runs one measurement, which prints its table; ends with it if it fails."""
    command = [sys.executable, "-m", f"tests.benchmarks.{part}", *options]
    status = subprocess.run(command, cwd=ROOT, check=False).returncode
    if status:
        sys.exit(status)


def draw(results: Path, picture: Path) -> None:
    """Draws what the workloads have measured."""
    found = json.loads(results.read_text())
    cpu = {
        workload: {name: row[0] for name, row in rows.items()} for workload, rows in found.items()
    }
    picture.write_text(bars(cpu))


if __name__ == "__main__":
    main()
