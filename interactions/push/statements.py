"""The SQL statements of push, by name."""

from __future__ import annotations

from core.accounts.statements import AccountStatements
from core.database.statements import Statements


class PushStatements(Statements, uses=[AccountStatements]):
    push_session_lock: str
    push_target_delete: str
    push_target_register: str
    push_targets_by_ids: str
    push_targets_export: str
    push_targets_limit: str


SQL = PushStatements()
