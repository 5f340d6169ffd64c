"""Named SQL statements, one a file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

FRAGMENT = re.compile(r"\{(\w+)((?: \w+=[^\s{}]+)*)\}")


def load_statements(*folders: Path) -> Mapping[str, str]:
    """Text by name of the statements in the first folder.

    A file whose name starts with an underscore is a fragment: `{visible person=p.author_id}` in a statement
    stands for the text of `_visible.sql` with `{person}` replaced. Fragments are looked for in all folders.
    A statement that says `ORDER BY … {direction}` is given twice: `name` (newest first) and `name:oldest_first`.
    """
    fragments = {
        path.stem[1:]: path.read_text().strip() for folder in reversed(folders) for path in folder.glob("_*.sql")
    }
    found: dict[str, str] = {}
    for path in sorted(folders[0].glob("[!_]*.sql")):
        text = path.read_text().strip()
        if "{direction}" in text:
            found[path.stem] = _expand(text, {**fragments, "direction": "DESC"})
            found[f"{path.stem}:oldest_first"] = _expand(text, {**fragments, "direction": "ASC"})
        else:
            found[path.stem] = _expand(text, fragments)
    return found


def _expand(text: str, fragments: Mapping[str, str]) -> str:
    def replace(match: re.Match[str]) -> str:
        arguments = dict(pair.split("=", 1) for pair in match[2].split())
        return _expand(fragments[match[1]], {**fragments, **arguments})

    return FRAGMENT.sub(replace, text)
