"""How many statements a request has run, and how many rows they returned."""

from __future__ import annotations

from contextvars import ContextVar
from typing import NamedTuple


class Timing(NamedTuple):
    """A part of a request. Units: seconds, of `perf_counter`."""

    name: str
    """Of a statement: its text."""
    began: float
    ended: float
    rows: int | None = None
    """Of a statement."""


class Usage:
    """Counts of one request: of its statements, and the rows that they returned.

    Statements of a group commit or a joint read count for the request that began it.
    """

    statements = 0
    rows = 0
    viewer_id: int | None = None
    """Whose request it is; None without a user."""
    timings: list[Timing] | None = None
    """Only of a request that is traced."""

    def described(self) -> str:
        """What runs the statements, to follow a log line about one of them."""
        return ""


USAGE: ContextVar[Usage | None] = ContextVar("usage", default=None)
"""The counts of the request that runs; tasks that it starts add to them, too."""
