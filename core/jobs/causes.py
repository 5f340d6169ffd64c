"""The id of the request or event that caused what runs now. Its jobs carry it, and their log lines show it."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar

CAUSE: ContextVar[str | Callable[[], str] | None] = ContextVar("CAUSE", default=None)
"""The id, or a function that makes it when it is needed first."""


def current_cause() -> str | None:
    """The id of the current cause, if there is one."""
    cause = CAUSE.get()
    return cause() if callable(cause) else cause
