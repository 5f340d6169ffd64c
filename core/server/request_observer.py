"""What becomes of each request's record: metrics, a log line, and of some a trace."""

from __future__ import annotations

import sys
from time import perf_counter
from typing import TYPE_CHECKING

from core.config.environment import Environment
from core.config.observability_settings import NOT_INSTALLED
from core.graphql.document import DocumentOperation
from core.graphql.request_record import Observer, RequestRecord
from core.server.request_log import RequestLog
from core.server.request_metrics import RequestMetrics

if TYPE_CHECKING:
    from core.server.telemetry import Telemetry


class RequestObserver(Observer):
    """The observer of one process."""

    def __init__(self, settings: Environment) -> None:
        self._metrics = RequestMetrics()
        self._log = RequestLog(
            settings.log_level,
            fraction=settings.request_logs,
            slow_seconds=settings.slow_request_seconds,
        )
        self._telemetry = _telemetry(settings)

    def begin(
        self, request_id: str, traceparent: bytes | None, operation: DocumentOperation | None = None
    ) -> RequestRecord:
        record = RequestRecord(request_id, operation)
        if self._telemetry is not None and self._telemetry.samples(traceparent):
            record.timings, record.traceparent = [], traceparent
        return record

    def end(self, record: RequestRecord) -> None:
        record.seconds = perf_counter() - record.began
        if self._telemetry is not None and record.timings is not None:
            self._telemetry.export(record, record.timings)
        self._metrics.observe(record)
        self._log.observe(record)
        super().end(record)

    def close(self) -> None:
        """Writes what waits to be written."""
        self._log.flush()
        if self._telemetry is not None:
            self._telemetry.close()


def _telemetry(settings: Environment) -> Telemetry | None:
    """None if no traces are exported. Errors: SystemExit if the libraries are not installed."""
    if settings.traces_url is None:
        return None
    try:
        from core.server.telemetry import Telemetry  # noqa: PLC0415  # 15 MB, and optional
    except ModuleNotFoundError as missing:
        sys.exit(NOT_INSTALLED.format(name="TRACES_URL", missing=missing.name))
    return Telemetry(settings.traces_url, fraction=settings.traces_sampled)
