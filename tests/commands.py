"""Commands of the checkout, as a person runs them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.leaks import keep_output
from tests.paths import ROOT

BIN = Path(sys.executable).parent
PATIENCE_SECONDS = 60


def outside_of_make() -> dict[str, str]:
    """Our environment without what a `make` that runs the tests has told its commands."""
    told = {"MAKEFLAGS", "MAKELEVEL", "MFLAGS", "MAKEOVERRIDES", "PYTHON"}
    return {name: value for name, value in os.environ.items() if name not in told}


@contextmanager
def minding(number: signal.Signals) -> Iterator[None]:
    """A process that is started within it does not ignore the signal, though we may: under nohup, or in
    the background of a shell."""
    before = signal.signal(number, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(number, before)


def said_by(*command: str | Path, **variables: str) -> str:
    """What the command says, run at the root of the checkout; it must succeed."""
    ended = subprocess.run(
        command,
        cwd=ROOT,
        env={**outside_of_make(), **variables},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout
    return keep_output(command, ended.stdout)
