"""The statements that a test lets the database run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

from core.database.statement_metrics import statement_ended


@contextmanager
def ran_statements() -> Iterator[list[str]]:
    """The texts of the statements that this process completes until the end of the block, in order."""
    ran: list[str] = []

    def note(statement: str, began: float, rows: int) -> None:
        ran.append(statement)
        statement_ended(statement, began, rows)

    with patch("core.database.database.statement_ended", note):
        yield ran
