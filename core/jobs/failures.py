"""The reason of a failure, as it is stored and shown."""

from __future__ import annotations

from core.database.error_text import text_without_values

REASON_LENGTH_AT_MOST = 2_000


def reason(error: BaseException) -> str:
    """The error's type and message, without values that PostgreSQL quotes, in one bounded text."""
    text = text_without_values(error).replace("\0", "")
    name = type(error).__name__
    return (f"{name}: {text}" if text else name)[:REASON_LENGTH_AT_MOST]
