"""Every benchmark that needs nothing but this checkout: `python -m tests.benchmarks`."""

from __future__ import annotations

import subprocess
import sys

BENCHMARKS = {
    "execution": "Execution alone, against graphql-core",
    "likes": "Likes a second, one transaction each and committed together",
    "live": "Live delivery: how soon, to how many, at what cost",
}


def main() -> None:
    """Runs the benchmarks that are named, or all of them, one after the other."""
    chosen = sys.argv[1:] or list(BENCHMARKS)
    unknown = [name for name in chosen if name not in BENCHMARKS]
    if unknown:
        sys.exit(f"There is no benchmark {', '.join(unknown)}. There are: {', '.join(BENCHMARKS)}.")
    for name in chosen:
        print(f"\n— {BENCHMARKS[name]}\n", flush=True)
        subprocess.run([sys.executable, "-m", f"tests.benchmarks.{name}"], check=True)


if __name__ == "__main__":
    main()
