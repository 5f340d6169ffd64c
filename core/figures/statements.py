"""The SQL statements of the daily figures, by name."""

from __future__ import annotations

from core.database.statements import Statements


class FigureStatements(Statements):
    daily_figures_add: str


SQL = FigureStatements()
