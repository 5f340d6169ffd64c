"""The statements that a test lets the database run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

from core.database.statement_metrics import statement_ended

_open: dict[int, list[str]] = {}
"""Of each block that has not ended, by its identity: blocks of concurrent tasks end in any order."""


@contextmanager
def ran_statements() -> Iterator[list[str]]:
    """The texts of the statements that this process completes until the end of the block, in order."""
    ran: list[str] = []
    if not _open:
        _patch.start()
    _open[id(ran)] = ran
    try:
        yield ran
    finally:
        del _open[id(ran)]
        if not _open:
            _patch.stop()


def _note(statement: str, began: float, rows: int) -> None:
    for ran in _open.values():
        ran.append(statement)
    statement_ended(statement, began, rows)


_patch = patch("core.database.database.statement_ended", _note)
