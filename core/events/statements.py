"""The SQL statements of the event log, by name."""

from __future__ import annotations

from core.database.statements import Statements
from core.events.event_types import HIDING_KINDS


class EventStatements(
    Statements,
    fragments={
        "hiding_events": f"-- The kinds of events after which anonymous clients may see less.\n{HIDING_KINDS}",
    },
):
    events_expire: str
    events_of_future_delete: str
    events_since: str
    list_horizon: str
    log_delay: str
    log_end: str
    log_holders: str
    log_now: str
    log_revocations: str
    revocations_since: str


SQL = EventStatements()
