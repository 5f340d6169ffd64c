"""The SQL statements of the event log, by name."""

from __future__ import annotations

from core.database.statements import Statements


class EventStatements(Statements):
    delete_events_from_future_transactions: str
    events_expire: str
    events_since: str
    list_horizon: str
    log_delay: str
    log_end: str
    log_holders: str
    log_now: str
    log_revocations: str
    revocations_since: str


SQL = EventStatements()
