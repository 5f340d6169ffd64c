"""Links and names in the docs lead somewhere."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest
from django.core.management import get_commands

from tests.docs.pages import FENCE, PAGES, anchors, name_of, own_files
from tests.paths import ROOT

LINK = re.compile(r"\]\(([^)\s]+)\)")
NAMED = re.compile(r"`((?:core|feed|interactions|tests|docs|requirements)/[\w./-]*)`")
FILE = re.compile(r"`([\w./-]+\.(?:py|sql|c|pyi))`")
FILES = ["/manage.py", "/setup.py"] + [
    f"/{file.relative_to(ROOT)}"
    for folder in ("core", "feed", "interactions", "tests")
    for file in own_files(ROOT / folder)
]
MODULE = re.compile(r"python -m ((?:core|tests)\.[\w.]+)")
SCRIPTED = re.compile(r"manage\.py ([a-z_]+)")
TARGET = re.compile(r"(?:`|^\s*)make ([a-z-]+)", re.MULTILINE)
NO_METRICS = {"feed_ours", "feed_web"}
"""Names in the docs of a database and of a role."""
SUFFIX = re.compile(r"_(total|bucket|count|sum)$")
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))

pages = pytest.mark.parametrize("page", PAGES, ids=name_of)


@pages
def test_relative_links_lead_to_pages_and_headings_that_exist(page: Path) -> None:
    broken = []
    for link in LINK.findall(FENCE.sub("", page.read_text())):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, heading = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (heading and heading not in anchors(target)):
            broken.append(link)
    assert not broken


@pages
def test_named_files_and_folders_exist(page: Path) -> None:
    text = "\n".join(line for line in page.read_text().splitlines() if "(new)" not in line)
    assert [name for name in NAMED.findall(text) if not (ROOT / name).exists()] == []
    # The example of a new feature also names new files by themselves.
    files = [name for name in FILE.findall(text) if "bookmark" not in name]
    assert [name for name in files if not any(file.endswith(f"/{name}") for file in FILES)] == []


@pages
def test_named_commands_exist(page: Path) -> None:
    text = page.read_text()
    assert [name for name in MODULE.findall(text) if not importlib.util.find_spec(name)] == []
    assert set(SCRIPTED.findall(text)) - {"help"} <= set(get_commands())
    assert set(TARGET.findall(text)) <= TARGETS


@pytest.mark.parametrize("folder", ["core", "feed", "interactions"])
def test_pages_that_the_code_names_exist(folder: str) -> None:
    files = [
        file
        for suffix in ("py", "sql", "c", "pyi")
        for file in (ROOT / folder).rglob(f"*.{suffix}")
    ]
    named = {
        (name_of(file), page)
        for file in files
        for page in re.findall(r"(?<!/)docs/[\w./-]+\.md", file.read_text())
    }
    assert {(file, page) for file, page in named if not (ROOT / page).exists()} == set()


def test_every_page_is_linked_from_another() -> None:
    linked = {
        (page.parent / link.partition("#")[0]).resolve()
        for page in PAGES
        for link in LINK.findall(page.read_text())
    }
    unlinked = [name_of(page) for page in PAGES if page not in linked]
    assert set(unlinked) <= {"README.md"}, (
        "Link the page where its readers look, as README.md does."
    )


def test_every_decision_stands_in_the_index() -> None:
    folder = ROOT / "docs" / "decisions"
    rows = re.findall(
        r"^\| \[(.+)\]\((.+)\) \| .+ \| (?:in force|replaced by .+) \| \d{4}-\d\d-\d\d \| \d{4}-\d\d-\d\d \|$",
        (folder / "README.md").read_text(),
        re.MULTILINE,
    )
    assert sorted(name for _, name in rows) == sorted(
        page.name for page in folder.glob("*.md") if page.name != "README.md"
    )
    for title, name in rows:
        assert (folder / name).read_text().startswith(f"# {title}\n")


def test_mermaid_takes_each_line_for_one_statement() -> None:
    for page in PAGES:
        for block in re.findall(
            r"^```mermaid$(.*?)^```$", page.read_text(), re.MULTILINE | re.DOTALL
        ):
            assert ";" not in block, f"{name_of(page)}: a semicolon ends a statement of Mermaid."


def test_named_metrics_exist() -> None:
    rooms = (ROOT / name for name in ("core", "feed", "interactions"))
    code = "".join(file.read_text() for room in rooms for file in room.rglob("*.py"))
    declared = set(re.findall(r"(?:Counter|Gauge|Histogram|Tally)\(\s*\"(feed_[a-z_]+)\"", code))
    assert len(declared) > 10
    for page in PAGES:
        named = set(re.findall(r"`[^`\n]*?\b(feed_[a-z_]+)", page.read_text()))
        unknown = {
            name for name in named if name not in declared and SUFFIX.sub("", name) not in declared
        }
        assert unknown - NO_METRICS == set(), name_of(page)
