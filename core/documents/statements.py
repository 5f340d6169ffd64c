"""The SQL statements of documents, by name."""

from __future__ import annotations

from core.database.statements import Statements


class DocumentStatements(Statements):
    trusted_document: str


SQL = DocumentStatements()
