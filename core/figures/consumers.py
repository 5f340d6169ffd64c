"""Counts the events of each day as they pass, so that a month is a few rows, however large the tables are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from core.database.database import Transaction
from core.events import event_types
from core.events.event_log import EventRow
from core.figures.statements import SQL
from core.jobs.registry import consumer

COUNTED = frozenset(
    {
        event_types.USER_CREATED,
        event_types.USER_FOLLOWED,
        event_types.POST_CREATED,
        event_types.POST_LIKED,
        event_types.POST_SHARED,
        event_types.COMMENT_CREATED,
        event_types.COMMENT_LIKED,
    }
)


@consumer("figures.daily", from_end=False)
async def count_by_day(transaction: Transaction, events: Sequence[EventRow]) -> None:
    done = [(event.created_at, event.kind) for event in events if event.kind in COUNTED]
    if done:
        await transaction.fetch(SQL.daily_figures_add, *arguments(done))


def arguments(done: Sequence[tuple[datetime, str]]) -> tuple[list[str], list[str], list[int]]:
    """The arguments of `daily_figures_add` for what was done: when, in UTC, and what."""
    counts = Counter((f"{moment:%Y-%m-%d}", name) for moment, name in done)
    return [day for day, _ in counts], [name for _, name in counts], list(counts.values())
