"""The pages about clients show what the tests of clients run."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.docs.pages import name_of, own_files
from tests.paths import ROOT

CLIENTS = ROOT / "tests" / "clients"
UNTESTED = "**No test runs this client.**"
PAGES = [
    *(
        page
        for page in sorted((ROOT / "docs" / "clients").glob("[!R]*.md"))
        if UNTESTED not in page.read_text()
    ),
    ROOT / "docs" / "trusted-documents.md",
]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SUFFIXES = {".mjs", ".js", ".ts", ".json", ".graphql", ".py", ".toml"}
VERSION = re.compile(r"`([@\w/-]+)` (\d+\.\d+(?:\.\d+)?)")


def sources() -> list[str]:
    return [path.read_text() for path in own_files(CLIENTS) if path.suffix in SUFFIXES]


def versions() -> dict[str, str]:
    """The versions that the lock files name, by package."""
    packages = json.loads((CLIENTS / "package-lock.json").read_text())["packages"]
    found = {
        path.rpartition("node_modules/")[2]: entry["version"]
        for path, entry in packages.items()
        if path.startswith("node_modules/") and "version" in entry
    }
    requirements = ROOT / "requirements"
    locked = "".join((requirements / f"{name}.txt").read_text() for name in ("clients", "dev"))
    return dict(re.findall(r"^([\w-]+)==([\w.]+)", locked, re.MULTILINE)) | found


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_code_and_versions_are_those_of_the_tests(page: Path) -> None:
    text = page.read_text()
    blocks = [code for language, code in BLOCK.findall(text) if language != "sh"]
    assert blocks
    files = sources()
    assert [code for code in blocks if not any(code in file for file in files)] == []
    named = dict(VERSION.findall(text))
    assert named
    assert named == {name: versions().get(name) for name in named}
