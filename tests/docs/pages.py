"""The pages that readers find in the checkout."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from tests.paths import ROOT

PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "core").rglob("*.md")])
FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


def anchors(page: Path) -> set[str]:
    """What links to headings of the page may name: the headings in lower case, with dashes, as GitHub has them."""
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", page.read_text()), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def own_files(folder: Path) -> Iterator[Path]:
    """The files in the folder and below, without npm's packages and without what the tests generate."""
    for path, folders, names in os.walk(folder):
        folders[:] = set(folders) - {"node_modules", "__generated__", "__pycache__"}
        yield from (Path(path) / name for name in names)
