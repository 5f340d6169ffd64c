"""Which files hold which drawings."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from tests.drawings.rooms import rooms_picture
from tests.drawings.tables import tables_diagram
from tests.paths import ROOT


class Drawn(NamedTuple):
    """A part of a file that is drawn from the code: the whole of it, or what stands between two markers."""

    file: Path
    draw: Callable[[], str]
    marker: str | None = None

    def expected(self) -> str:
        """The file's text with the part as generated from the code. Errors: ValueError if a marker is missing."""
        if self.marker is None:
            return self.draw()
        text = self.file.read_text()
        begin, end = f"<!-- begin {self.marker} -->\n", f"<!-- end {self.marker} -->\n"
        before, _, rest = text.partition(begin)
        _, found, after = rest.partition(end)
        if not found:
            raise ValueError(f"{self.file} has no lines {begin!r} and {end!r}.")
        return f"{before}{begin}{self.draw()}{end}{after}"

    def write(self) -> None:
        self.file.write_text(self.expected())


DRAWN = (
    Drawn(ROOT / "docs" / "pictures" / "rooms.svg", rooms_picture),
    Drawn(ROOT / "docs" / "tables.md", tables_diagram, marker="tables"),
)
