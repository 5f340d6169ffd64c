"""The base of the admin: what the admin classes of all features share."""

from pathlib import Path

EVERYTHING_VISIBLE = Path(__file__).parent / "sql"
"""The folder of fragments that switch off visibility filtering in statements of the API, for moderators."""
