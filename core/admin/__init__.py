"""The base of the admin: what the admin classes of all features share."""

from pathlib import Path

EVERYTHING_VISIBLE = Path(__file__).parent / "sql"
"""Fragments by which a statement of the API sees everything: a moderator is nobody's stranger."""
