"""One log line for each request, for programs that read logs."""

from __future__ import annotations

import asyncio
import logging
import sys
from contextlib import suppress
from datetime import UTC, datetime
from math import inf
from random import random
from typing import Any

import orjson

from core.graphql.request_record import RequestRecord

FLUSH_SECONDS = 0.05
"""Lines that are written together have the time of the first of them."""
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
        lowest = logging.getLevelName(level)
        self._fraction = fraction if lowest <= logging.INFO else 0.0
        self._slow_seconds = slow_seconds if lowest <= logging.WARNING else inf
        self._faults = FAULTS if lowest <= logging.WARNING else frozenset[str]()
        self._lines: list[bytes] = []
        self._time = ""
        """Of the first of these lines."""

    def observe(self, record: RequestRecord) -> None:
        """Writes the line of a request that has just been answered, soon."""
        level = "INFO"
        if record.seconds >= self._slow_seconds or (
            record.codes and not self._faults.isdisjoint(record.codes)
        ):
            level = "WARNING"
        elif self._fraction < 1.0 and random() >= self._fraction:  # noqa: S311  # a sample
            return
        lines = self._lines
        if not lines:
            self._time = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"
            asyncio.get_running_loop().call_later(FLUSH_SECONDS, self.flush)
        operation = record.operation
        fields: dict[str, Any] = {
            "time": self._time,
            "level": level,
            "logger": "request",
            "request": record.request_id,
            "status": record.status,
            "ms": int(record.seconds * 100_000) / 100,
            "user": record.viewer_id,
            "cost": record.cost,
            "statements": record.statements,
            "rows": record.rows,
            **({} if operation is None else operation.log_fields),
        }
        if record.trace is not None:
            fields["trace"] = record.trace
        if record.is_cached:
            fields["cached"] = True
        if record.codes:
            fields["errors"] = record.codes
        lines.append(orjson.dumps(fields))
        if len(lines) >= MAX_LINES:
            self.flush()

    def flush(self) -> None:
        """Writes the lines that wait."""
        lines, self._lines = self._lines, []
        if lines:
            with suppress(OSError, ValueError):  # Standard error is closed.
                sys.stderr.write((b"\n".join(lines) + b"\n").decode())
                sys.stderr.flush()
