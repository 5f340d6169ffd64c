"""Reads trusted documents."""

from __future__ import annotations

from core.database.database import Database
from core.documents.statements import SQL


class TrustedTexts:
    """The texts of trusted documents, from the table that all processes read."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, identifier: str) -> str | None:
        """The text, if a trusted document has this identifier or hash.

        Errors: DatabaseUnavailable. Cost: one statement.
        """
        row = await self._database.fetch_row(SQL.trusted_document, identifier)
        return None if row is None else row[0]
