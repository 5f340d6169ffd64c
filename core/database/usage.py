"""How many statements a request has run, and how many rows they returned."""

from __future__ import annotations

from contextvars import ContextVar


class Usage:
    """Counts of one request: of its statements, and the rows that they returned.

    Statements of a group commit count for the request that began it.
    """

    statements = 0
    rows = 0


USAGE: ContextVar[Usage | None] = ContextVar("usage", default=None)
"""The counts of the request that runs; tasks that it starts add to them, too."""
