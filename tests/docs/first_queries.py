"""README's first queries, run as they stand there."""

from __future__ import annotations

import re
import subprocess

from tests.paths import ROOT

SECONDS = 30
WAIT = """
for _ in $(seq 300); do grep -q {words} {file} && break; sleep 0.1; done
grep -q {words} {file}
"""


def said_by_first_queries(port: int, folder: str) -> str:
    """What the lines answer, one after the other in one shell, and what the subscription among them is sent.

    Errors: CalledProcessError.
    """
    section = (
        (ROOT / "README.md").read_text().partition("## First queries")[2].partition("\n## ")[0]
    )
    blocks = re.findall(r"^```sh\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)
    assert len(blocks) == 4
    told = f"{folder}/subscription"
    before, _, subscription = blocks[2].rpartition("curl -sN")
    script = "\n".join(
        [
            "set -eu",
            *blocks[:2],
            before,
            f"curl -sN{subscription.rstrip().removesuffix('&')} > {told} &",
            "trap 'kill $!' EXIT",
            WAIT.format(words="SubscriptionReady", file=told),
            blocks[3],
            WAIT.format(words="PostLiked", file=told),
            f"cat {told}",
        ]
    )
    done = subprocess.run(
        ["sh", "-c", script.replace("localhost:8000", f"localhost:{port}")],
        capture_output=True,
        text=True,
        check=True,
        timeout=SECONDS,
    )
    return done.stdout
