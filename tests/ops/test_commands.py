"""The commands that the Makefile and the README promise."""

from __future__ import annotations

import re

import pytest
from django.core.management import get_commands

from tests.ops.commands import ROOT, said_by

MAKEFILE = (ROOT / "Makefile").read_text()
README = (ROOT / "README.md").read_text()
TARGETS = set(re.findall(r"^([a-z-]+):", MAKEFILE, re.MULTILINE))


def test_help_lists_every_target_with_its_purpose() -> None:
    listed = re.findall(r"^  ([a-z-]+) +\S", said_by("make", "help"), re.MULTILINE)
    assert set(listed) == TARGETS
    assert said_by("make") == said_by("make", "help")


def test_every_target_is_made_whatever_files_there_are() -> None:
    phony = re.search(r"^\.PHONY: (.+)$", MAKEFILE, re.MULTILINE)
    assert phony
    assert set(phony[1].split()) == TARGETS


def test_what_is_installed_is_not_installed_again() -> None:
    assert "pip" not in said_by("make", "--dry-run", "run")


@pytest.mark.parametrize("make", re.findall(r"\bmake ([a-z-]+)", README))
def test_the_readme_names_targets_that_exist(make: str) -> None:
    assert make in TARGETS


def test_the_readme_names_commands_that_exist() -> None:
    table = README.partition("## Commands")[2].partition("##")[0]
    named = re.findall(r"^\| `([a-z_]+)", table, re.MULTILINE)
    named += re.findall(r"manage\.py ([a-z_]+)", README)
    assert named
    assert set(named) - {"help"} <= set(get_commands())


def test_the_readme_names_folders_that_exist() -> None:
    table = README.partition("## Layout")[2].partition("##")[0]
    folders = re.findall(r"^\| `([a-z_/]+/)`", table, re.MULTILINE)
    assert len(folders) > 5
    for folder in folders:
        assert (ROOT / folder).is_dir(), folder


def test_the_readme_names_files_that_exist() -> None:
    for file in re.findall(r"`?(requirements/[a-z]+\.txt|\.env\.example)`?", README):
        assert (ROOT / file).is_file()
