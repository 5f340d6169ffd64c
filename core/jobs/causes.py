"""The id of the request or event that caused what runs now. Jobs carry it on, and log lines show it."""

from __future__ import annotations

from contextvars import ContextVar

CAUSE: ContextVar[str | None] = ContextVar("CAUSE", default=None)
