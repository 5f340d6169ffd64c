"""How long statements take, by their names; slow ones are logged."""

from __future__ import annotations

import logging
from math import inf
from time import perf_counter

from prometheus_client import Counter

from core.database.usage import USAGE, Timing
from core.tallies import SECONDS, Tally

logger = logging.getLogger(__name__)

STATEMENT_SECONDS = Tally(
    "feed_statement_seconds",
    "Duration of statements on their connection, without the wait for it, by name.",
    ["statement"],
    buckets=SECONDS,
)
STATEMENT_FAILURES = Counter(
    "feed_statement_failures", "Statements that failed, by name and error.", ["statement", "error"]
)
MAX_NAMES = 1_000
UNNAMED, OTHER = "(unnamed)", "(other)"


class SlowStatements:
    """From how many seconds on a statement is logged. Set once, when the process is composed."""

    seconds: float = inf


_tallies: dict[str, Tally] = {}
"""By the text of the statement, of which a process has a bounded number."""


def statement_name(statement: str) -> str:
    """The name in the first line of a statement that `Statements` has loaded."""
    first, _, _ = statement.partition("\n")
    return first.removeprefix("-- ") if first.startswith("-- ") else UNNAMED


def statement_ended(statement: str, began: float, rows: int) -> None:
    """Counts a statement that began at that `perf_counter`, for the metrics and for the request that runs it."""
    ended = perf_counter()
    (_tallies.get(statement) or _tally_of(statement)).add(ended - began)
    usage = USAGE.get()
    if usage is not None:
        usage.statements += 1
        usage.rows += rows
        if usage.timings is not None:
            usage.timings.append(Timing(statement, began, ended, rows))
    if ended - began >= SlowStatements.seconds:
        # The name is in the message itself, so that each statement has a line of its own in a second.
        logger.warning(
            f"Slow statement {statement_name(statement)}: %.0f ms, %d rows%s",
            (ended - began) * 1_000,
            rows,
            "" if usage is None else usage.described(),
        )


def statement_failed(statement: str, began: float, error: BaseException) -> None:
    """Counts a statement that failed or was cancelled."""
    STATEMENT_FAILURES.labels(statement_name(statement), type(error).__name__).inc()
    statement_ended(statement, began, 0)


def _tally_of(statement: str) -> Tally:
    if len(_tallies) >= MAX_NAMES:
        return STATEMENT_SECONDS.labels(OTHER)
    found = _tallies[statement] = STATEMENT_SECONDS.labels(statement_name(statement))
    return found
