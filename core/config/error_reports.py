"""Faults reported to Sentry. Imported only where SENTRY_DSN is set."""

from __future__ import annotations

import logging
from typing import Any

import sentry_sdk
from sentry_sdk.integrations.logging import LoggingIntegration, ignore_logger

from core.config.log_lines import BAD_REQUESTS
from core.database.error_text import chained, text_without_details, text_without_values

FLUSH_SECONDS = 1.0


def report_errors(dsn: str) -> None:
    """Reports from now on each record that is logged as an error, without values of variables, columns or requests."""
    # Django logs requests that it refuses as errors. They are no faults, and scanners send any number.
    ignore_logger(f"{BAD_REQUESTS}.*")
    sentry_sdk.init(
        dsn,
        default_integrations=False,
        integrations=[LoggingIntegration(level=None, event_level=logging.ERROR)],
        include_local_variables=False,
        send_default_pii=False,
        max_breadcrumbs=0,
        before_send=without_values,
        shutdown_timeout=FLUSH_SECONDS,
    )


def without_values(event: Any, hint: Any) -> Any:
    """The event without the values that PostgreSQL's errors quote, as `LineFormatter` has it for log lines."""
    error = (hint.get("exc_info") or (None, None))[1]
    # Sentry takes an attribute `detail`, where PostgreSQL's errors have values, for the message.
    texts = {type(one).__name__: text_without_values(one) for one in chained(error)}
    for shown in (event.get("exception") or {}).get("values") or ():
        shown["value"] = text_without_details(texts.get(shown.get("type"), ""))
    entry = event.get("logentry")
    if entry:
        entry["params"] = []
        for name in ("message", "formatted"):
            if entry.get(name):
                entry[name] = text_without_details(entry[name])
    return event
