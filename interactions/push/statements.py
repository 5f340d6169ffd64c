"""The SQL statements of push, by name."""

from __future__ import annotations

from core.database.statements import Statements
from interactions.notifications.statements import NotificationStatements


class PushStatements(Statements, uses=[NotificationStatements]):
    notification_position: str
    notification_to_push: str
    push_jobs_add: str
    push_session_lock: str
    push_target_delete: str
    push_target_register: str
    push_targets_by_ids: str
    push_targets_export: str
    push_targets_gone: str
    push_targets_limit: str
    push_targets_of_user: str
    push_targets_pause: str


SQL = PushStatements()
