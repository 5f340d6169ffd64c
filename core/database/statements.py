"""Named SQL statements, one a file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

FRAGMENT = re.compile(r"\{(\w+)((?: \w+=[^\s{}]+)*)\}")
BUILT_IN = {
    "viewer": "$1",
    "up_to": "$6",
    "snapshots": "$7",
    # Clients get moments as text. PostgreSQL writes one in 0.3 µs; a datetime costs this process 0.6, read and written.
    "moment": """to_char({of} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"')""",
}
# What narrows a statement to rows that a reader has not seen (see places.py).
UNSEEN = """AND NOT EXISTS (
    SELECT FROM unnest({up_to}::bigint[], {snapshots}::text[]) AS seen(up_to, snapshot) WHERE {key} <= seen.up_to
    AND coalesce(pg_visible_in_snapshot({transaction}::text::xid8, seen.snapshot::pg_snapshot), true)
)"""


def load_statements(*folders: Path) -> Mapping[str, str]:
    """Text by name of the statements in the first folder.

    A file whose name starts with an underscore is a fragment: `{visible person=p.author_id}` in a statement
    stands for the text of `_visible.sql` with `{person}` replaced. Fragments are looked for in all folders.
    `{moment of=p.created_at}` is a moment as clients get it.
    `{viewer}` is $1, unless a statement that serves many viewers gives it: `{visible person=p.author_id viewer=t.id}`.
    A statement that says `{direction}` is given twice: `name` (DESC, newest first) and `name:oldest_first` (ASC);
    `{reach_{direction}}` is the fragment for the direction.
    A statement in which there is `{unseen key=p.id transaction=p.transaction}` is given twice, too: without that, and,
    as `name:unseen`, without the rows that a reader has seen; $6 their keys, $7 snapshots, unless `up_to=` and
    `snapshots=` name others.
    """
    fragments = BUILT_IN | {
        path.stem[1:]: path.read_text().strip()
        for folder in reversed(folders)
        for path in folder.glob("_*.sql")
    }
    found: dict[str, str] = {}
    for path in sorted(folders[0].glob("[!_]*.sql")):
        text = path.read_text().strip()
        for suffix, unseen in (("", ""), (":unseen", UNSEEN)):
            chosen = fragments | {"unseen": unseen}
            newest_first, oldest_first = (
                _expand(text, chosen, direction) for direction in ("DESC", "ASC")
            )
            if unseen and newest_first == found[path.stem]:
                continue
            found[f"{path.stem}{suffix}"] = newest_first
            if oldest_first != newest_first:
                found[f"{path.stem}:oldest_first{suffix}"] = oldest_first
    return found


def _expand(text: str, fragments: Mapping[str, str], direction: str) -> str:
    def replace(match: re.Match[str]) -> str:
        arguments = dict(pair.split("=", 1) for pair in match[2].split())
        return _expand(fragments[match[1]], {**fragments, **arguments}, direction)

    return FRAGMENT.sub(replace, text.replace("{direction}", direction))
