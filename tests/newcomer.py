"""What a newcomer does, in an empty clone: `make run`, then README's first queries. Prints when what was there.

Run: `python -m tests.newcomer`. It installs everything anew, so it needs the network.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from core.devserver.ports import free_port
from tests.commands import environment_without_make
from tests.docs.first_queries import said_by_first_queries
from tests.paths import ROOT

MAX_SECONDS = 300
"""From the clone to the first live event."""
MAX_LINES = 40
"""Of the first start: what is done, and no details."""


def main() -> None:
    with TemporaryDirectory(prefix="newcomer") as folder:
        began = time.monotonic()

        def reached(what: str) -> None:
            print(f"{time.monotonic() - began:6.1f} s  {what}", flush=True)

        clone = Path(folder) / "feed"
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
        reached("cloned")
        port = free_port()
        run = subprocess.Popen(
            ["make", "run"],
            cwd=clone,
            env={**environment_without_make(), "PORT": str(port)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        try:
            lines = []
            assert run.stdout is not None
            for line in run.stdout:
                lines.append(line)
                if "Ctrl-C stops it" in line:
                    break
            else:
                sys.exit("".join(lines))
            reached(f"`make run` is ready and has printed {len(lines)} lines")
            answers = said_by_first_queries(port, folder)
            reached("README's first queries are answered, and the first live event has come")
        finally:
            run.send_signal(signal.SIGINT)
            run.communicate()
        assert "PostLiked" in answers, answers
        assert time.monotonic() - began < MAX_SECONDS
        assert len(lines) < MAX_LINES, "".join(lines)


if __name__ == "__main__":
    main()
