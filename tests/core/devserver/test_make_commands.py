"""The commands that the Makefile and the README promise."""

from __future__ import annotations

import os
import re
import subprocess
import time
from pathlib import Path

import pytest
from django.core.management import get_commands

from core.devserver.folder_locks import folder_lock
from tests.commands import environment_without_make, output_of
from tests.paths import ROOT

MAKEFILE = (ROOT / "Makefile").read_text()
README = (ROOT / "README.md").read_text()
TARGETS = set(re.findall(r"^([a-z-]+):", MAKEFILE, re.MULTILINE))


def test_help_lists_every_target_with_its_purpose() -> None:
    listed = re.findall(r"^  ([a-z-]+) +\S", output_of("make", "help"), re.MULTILINE)
    assert set(listed) == TARGETS
    assert output_of("make") == output_of("make", "help")


def test_every_target_is_made_whatever_files_there_are() -> None:
    phony = re.search(r"^\.PHONY: (.+)$", MAKEFILE, re.MULTILINE)
    assert phony
    assert set(phony[1].split()) == TARGETS


@pytest.mark.parametrize("make", re.findall(r"\bmake ([a-z-]+)", README))
def test_the_readme_names_targets_that_exist(make: str) -> None:
    assert make in TARGETS


def test_the_readme_names_commands_that_exist() -> None:
    table = README.partition("## Commands")[2].partition("##")[0]
    named = re.findall(r"^\| `([a-z_]+)", table, re.MULTILINE)
    named += re.findall(r"manage\.py ([a-z_]+)", README)
    assert named
    assert set(named) - {"help"} <= set(get_commands())


def test_the_readme_names_files_that_exist() -> None:
    for file in re.findall(r"`?(requirements/[a-z]+\.txt|\.env\.example)`?", README):
        assert (ROOT / file).is_file()


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout with a Makefile and locked dependencies, and nothing installed."""
    (tmp_path / "Makefile").write_text(MAKEFILE)
    (tmp_path / "requirements").mkdir()
    (tmp_path / "requirements" / "dev.txt").write_text("some==1\n")
    (tmp_path / "setup.py").touch()
    return tmp_path


def python_that(checkout: Path, script: str) -> Path:
    """A stand-in for Python that runs the shell script; `-m venv` copies it into the environment."""
    stand_in = checkout / "python"
    stand_in.write_text(f"#!/bin/sh\n{script}\n")
    stand_in.chmod(0o755)
    return stand_in


MAKES_ENVIRONMENTS = """
case "$*" in
    *setup.py*) echo compiling ;;
    *venv*) mkdir -p .venv/bin && cp "$0" .venv/bin/python ;;
    *pip*) echo Collecting some; echo Installing collected; echo why; exit $INSTALLS_WITH ;;
    *row_template*) exit ${COMPILES_WITH:-0} ;;
    -c*) ;;
    *) echo "ran $*" ;;
esac
"""


def make(checkout: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["make", *arguments],
        cwd=checkout,
        env={**environment_without_make(), **variables},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_an_old_python_is_refused_in_words(checkout: Path) -> None:
    old = python_that(checkout, "exit 1")
    done = make(checkout, "run", f"PYTHON={old}")
    assert done.returncode != 0
    assert "Python 3.11 or newer is required" in done.stdout


def test_dependencies_that_can_not_be_installed_are_said_and_tried_again(checkout: Path) -> None:
    python = python_that(checkout, MAKES_ENVIRONMENTS)
    failed = make(checkout, "run", f"PYTHON={python}", INSTALLS_WITH="1")
    assert failed.returncode != 0
    assert "The dependencies can't be installed" in failed.stdout
    assert failed.stdout.rstrip().endswith("why")
    assert "ran" not in failed.stdout

    done = make(checkout, "run", f"PYTHON={python}", INSTALLS_WITH="0")
    assert done.returncode == 0, done.stderr
    assert "ran -m core.devserver" in done.stdout
    assert "Collecting" not in done.stdout
    assert "Collecting some\n" in (checkout / ".venv" / "pip.log").read_text()

    again = make(checkout, "run", f"PYTHON={python}", INSTALLS_WITH="1")
    assert again.returncode == 0
    assert "Installing" not in again.stdout


def test_another_python_gets_an_environment_of_its_own(checkout: Path) -> None:
    python = python_that(checkout, MAKES_ENVIRONMENTS)
    other = python.with_name("other")
    other.write_bytes(python.read_bytes())
    other.chmod(0o755)
    for named, installs in (
        ([f"PYTHON={python}"], True),
        ([f"PYTHON={other}"], True),
        ([f"PYTHON={other}"], False),
        ([], False),
    ):
        done = make(checkout, "run", *named, INSTALLS_WITH="0")
        assert done.returncode == 0, done.stderr
        assert ("Installing" in done.stdout) is installs


def test_without_a_compiler_it_goes_on(checkout: Path) -> None:
    python = python_that(checkout, MAKES_ENVIRONMENTS)
    for result, tries in (("1", True), ("0", True), ("0", False)):
        done = make(checkout, "run", f"PYTHON={python}", INSTALLS_WITH="0", COMPILES_WITH=result)
        assert done.returncode == 0, done.stderr
        assert ("compiling" in done.stdout) is tries
        assert ("Continuing without" in done.stdout) is (result == "1")
        assert "ran -m core.devserver" in done.stdout


def test_changed_dependencies_and_a_moved_checkout_are_installed_again(checkout: Path) -> None:
    python = python_that(checkout, MAKES_ENVIRONMENTS)

    def installs(folder: Path) -> bool:
        done = make(folder, "run", f"PYTHON={folder / python.name}", INSTALLS_WITH="0")
        assert done.returncode == 0, done.stderr
        return "Installing" in done.stdout

    assert installs(checkout)
    assert not installs(checkout)
    in_a_minute = time.time() + 60
    os.utime(checkout / "requirements" / "dev.txt", (in_a_minute, in_a_minute))
    assert installs(checkout)
    moved = checkout.rename(checkout.with_name("moved"))
    os.utime(moved / "requirements" / "dev.txt", (0, 0))
    assert installs(moved)
    assert not installs(moved)


def test_the_data_of_a_running_server_is_not_removed(checkout: Path) -> None:
    data = checkout / ".data"
    with folder_lock(data, "the test"):
        refused = make(checkout, "clean-data")
        assert refused.returncode != 0
        assert "Stop it first" in refused.stdout
        assert data.exists()
    assert make(checkout, "clean-data").returncode == 0
    assert not data.exists()
