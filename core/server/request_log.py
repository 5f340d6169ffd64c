"""One log line for each request, for programs that read logs."""

from __future__ import annotations

import asyncio
import logging
import sys
from contextlib import suppress
from datetime import UTC, datetime
from random import random
from typing import Any

import orjson

from core.graphql.request_record import RequestRecord

FLUSH_SECONDS = 0.2
MAX_LINES = 500
"""Lines that wait to be written, at most."""
FAULTS = frozenset({"INTERNAL", "UNAVAILABLE", "TIMEOUT"})
"""Requests with these errors are logged whatever the fraction, as slow ones are."""


class RequestLog:
    """Writes a JSON object for each request to standard error, some of them at a time.

    Python's logging would take 10 µs a line, a tenth of a page's CPU.
    """

    def __init__(self, level: str, *, fraction: float, slow_seconds: float) -> None:
        """`fraction`: of the requests that have a line. `slow_seconds`: from which duration on all have one."""
        self._fraction = fraction if logging.getLevelName(level) <= logging.INFO else 0.0
        self._slow_seconds = slow_seconds
        self._lines: list[bytes] = []

    def observe(self, record: RequestRecord) -> None:
        """Writes the line of a request that has just been answered, soon."""
        level = "INFO"
        if record.seconds >= self._slow_seconds or (
            record.codes and not FAULTS.isdisjoint(record.codes)
        ):
            level = "WARNING"
        elif self._fraction < 1.0 and random() >= self._fraction:  # noqa: S311  # a sample
            return
        lines = self._lines
        lines.append(orjson.dumps(_fields(level, record), option=orjson.OPT_UTC_Z))
        if len(lines) == 1:
            asyncio.get_running_loop().call_later(FLUSH_SECONDS, self.flush)
        elif len(lines) >= MAX_LINES:
            self.flush()

    def flush(self) -> None:
        """Writes the lines that wait."""
        lines, self._lines = self._lines, []
        if lines:
            with suppress(OSError, ValueError):  # Standard error is closed.
                sys.stderr.write((b"\n".join(lines) + b"\n").decode())
                sys.stderr.flush()


def _fields(level: str, record: RequestRecord) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "time": datetime.now(UTC),
        "level": level,
        "logger": "request",
        "request": record.request_id,
        "status": record.status,
        "ms": round(record.seconds * 1000, 2),
        "user": record.viewer_id,
        "cost": record.cost,
        "statements": record.statements,
        "rows": record.rows,
    }
    operation = record.operation
    if operation is not None:
        fields["operation"] = operation.label
        fields["kind"] = operation.kind
        fields["document"] = operation.digest
    if record.trace is not None:
        fields["trace"] = record.trace
    if record.is_cached:
        fields["cached"] = True
    if record.codes:
        fields["errors"] = record.codes
    return fields
