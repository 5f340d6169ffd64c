"""How many statements a request has run, and how many rows they returned."""

from __future__ import annotations

from contextvars import ContextVar


class Usage:
    """Counts of one request. Statements of a group commit count for the request that began it."""

    __slots__ = ("rows", "statements")

    def __init__(self) -> None:
        self.statements = 0
        self.rows = 0

    def add(self, rows: int) -> None:
        """Counts a statement that returned so many rows."""
        self.statements += 1
        self.rows += rows


USAGE: ContextVar[Usage | None] = ContextVar("usage", default=None)
"""The counts of the request that runs; tasks that it starts add to them, too."""
