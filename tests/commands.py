"""Runs commands of the checkout as a developer does."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.leaks import record_output
from tests.paths import ROOT

BIN = Path(sys.executable).parent
TIMEOUT_SECONDS = 60


def environment_without_make() -> dict[str, str]:
    """The environment without the variables of the `make` that runs the tests."""
    variables = {"MAKEFLAGS", "MAKELEVEL", "MFLAGS", "MAKEOVERRIDES", "PYTHON"}
    return {name: value for name, value in os.environ.items() if name not in variables}


@contextmanager
def handling_signal(number: signal.Signals) -> Iterator[None]:
    """Processes started within the block handle the signal, even if this process ignores it: under nohup, or in the
    background of a shell.
    """
    before = signal.signal(number, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(number, before)


def output_of(*command: str | Path, **variables: str) -> str:
    """The output of the command, run at the root of the checkout. It must succeed."""
    ended = subprocess.run(
        command,
        cwd=ROOT,
        env={**environment_without_make(), **variables},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=TIMEOUT_SECONDS,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout
    return record_output(command, ended.stdout)
