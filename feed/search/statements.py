"""The SQL statements of searches, by name."""

from __future__ import annotations

from core.accounts.statements import AccountStatements
from core.database.statements import Statements, Variants


class SearchStatements(Statements, uses=[AccountStatements]):
    user_names_fill: str
    users_by_name: Variants


SQL = SearchStatements()
