"""Measured figures with their goals, and a table of them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple


class Figure(NamedTuple):
    """One measurement. Without a goal it is for comparison only."""

    measurement: str
    reached: float | None
    """None if the measurement failed."""
    unit: str
    at_most: float | None = None
    at_least: float | None = None

    @property
    def goal(self) -> str:
        if self.at_most is not None:
            return f"≤ {rounded(self.at_most)} {self.unit}"
        return "" if self.at_least is None else f"≥ {rounded(self.at_least)} {self.unit}"

    @property
    def is_ok(self) -> bool | None:
        """Whether the goal is reached; None without a goal or a measurement."""
        if self.reached is None:
            return None
        if self.at_most is not None:
            return self.reached <= self.at_most
        return None if self.at_least is None else self.reached >= self.at_least


def rounded(number: float) -> str:
    """A number rounded to about three digits."""
    if number >= 100 or number == int(number):
        return f"{number:,.0f}"
    return f"{number:.1f}" if number >= 10 else f"{number:.2f}"


def table(figures: Iterable[Figure]) -> str:
    """A text table, one line a figure."""
    rows = [("measurement", "reached", "goal", "ok")]
    for figure in figures:
        reached = "?" if figure.reached is None else f"{rounded(figure.reached)} {figure.unit}"
        ok = {True: "yes", False: "NO", None: ""}[figure.is_ok]
        rows.append((figure.measurement, reached, figure.goal, ok))
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    return "\n".join(
        f"{row[0]:<{widths[0]}}  {row[1]:>{widths[1]}}  {row[2]:>{widths[2]}}  {row[3]}".rstrip()
        for row in rows
    )


def write_results(path: Path | None, figures: Iterable[Figure], **more: Any) -> None:
    """Writes a part's figures as JSON; does nothing without a path."""
    if path is not None:
        path.write_text(json.dumps({"figures": list(figures), **more}))


def read_figures(path: Path) -> list[Figure]:
    """A part's figures."""
    return [Figure(*row) for row in json.loads(path.read_text())["figures"]]
