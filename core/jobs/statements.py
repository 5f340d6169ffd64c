"""The SQL statements of background work, by name."""

from __future__ import annotations

from core.database.statements import Statements
from core.events.statements import EventStatements


class JobStatements(Statements, uses=[EventStatements]):
    consumer_advance: str
    consumer_postpone: str
    consumer_register: str
    consumer_release: str
    consumers_claim: str
    consumers_lag: str
    job_bury: str
    job_bury_event: str
    job_end: str
    job_enqueue: str
    job_postpone: str
    job_repeat: str
    job_retry: str
    jobs_claim: str
    jobs_dead: str
    jobs_end: str
    jobs_make_due: str
    jobs_release: str
    jobs_renew: str
    jobs_waiting: str


SQL = JobStatements()
