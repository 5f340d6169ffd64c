"""Traces for OpenTelemetry: request, document, plan and statements, by OTLP over HTTP.

A request that is traced notes when its parts began and ended. Its spans are made from these notes when it has been
answered, so that others cost nothing. Imported only where TRACES_URL is set.
"""

from __future__ import annotations

import re
from random import random
from threading import Thread
from time import monotonic, perf_counter, time_ns
from typing import Any

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ALWAYS_ON
from opentelemetry.trace import SpanKind, Status, StatusCode, format_trace_id, set_span_in_context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from core.database.statement_metrics import statement_name
from core.database.usage import Timing
from core.graphql.request_record import RequestRecord

MAX_TRACES_A_SECOND = 50
"""Whatever the fraction: a client may ask for a trace of each of its requests."""
EXPORT_SECONDS = 1
"""The timeout of an export. Traces that can't be exported are dropped."""
CLOSE_SECONDS = 0.3
SAMPLED = re.compile(rb".*-[0-9a-f][13579bdf]", re.DOTALL)
"""A `traceparent` whose sender keeps the trace: the lowest bit of its flags. Source: https://www.w3.org/TR/trace-context/"""
NANOSECONDS = 1_000_000_000


class Telemetry:
    """Chooses requests to be traced, and exports their spans from a thread."""

    def __init__(self, url: str, *, fraction: float) -> None:
        """`url`: of the collector, as in http://localhost:4318. `fraction`: of the requests that are traced."""
        self._fraction = fraction
        exporter = OTLPSpanExporter(f"{url.rstrip('/')}/v1/traces", timeout=EXPORT_SECONDS)
        self._processor = BatchSpanProcessor(exporter)
        provider = TracerProvider(
            ALWAYS_ON, Resource.create({"service.name": "feed"}), shutdown_on_exit=False
        )
        provider.add_span_processor(self._processor)
        self._tracer = provider.get_tracer("feed")
        self._parents = TraceContextTextMapPropagator()
        self._second = 0
        self._traced = 0

    def samples(self, traceparent: bytes | None) -> bool:
        """Whether to trace a request: the client keeps the trace, or it is one of the fraction."""
        is_wanted = traceparent is not None and SAMPLED.fullmatch(traceparent) is not None
        if not is_wanted and random() >= self._fraction:  # noqa: S311  # a sample
            return False
        second = int(monotonic())
        if second != self._second:
            self._second, self._traced = second, 0
        self._traced += 1
        return self._traced <= MAX_TRACES_A_SECOND

    def export(self, record: RequestRecord, timings: list[Timing]) -> None:
        """Exports the spans of a request that was answered, and gives its record the id of the trace."""
        since = time_ns() - round(perf_counter() * NANOSECONDS)

        def moment(seconds: float) -> int:
            return since + round(seconds * NANOSECONDS)

        operation = record.operation
        parent = None
        if record.traceparent is not None:
            parent = self._parents.extract({"traceparent": record.traceparent.decode("latin-1")})
        span = self._tracer.start_span(
            "(invalid request)" if operation is None else f"{operation.kind} {operation.label}",
            parent,
            SpanKind.SERVER,
            _attributes(record),
            start_time=moment(record.began),
        )
        if record.codes:
            span.set_status(Status(StatusCode.ERROR, ", ".join(record.codes)))
        inside = set_span_in_context(span)
        for timing in timings:
            is_statement = timing.rows is not None
            part = self._tracer.start_span(
                statement_name(timing.name) if is_statement else timing.name,
                inside,
                SpanKind.CLIENT if is_statement else SpanKind.INTERNAL,
                {"db.system.name": "postgresql", "db.response.returned_rows": timing.rows or 0}
                if is_statement
                else None,
                start_time=moment(timing.began),
            )
            part.end(moment(timing.ended))
        span.end(moment(record.began + record.seconds))
        record.trace = format_trace_id(span.get_span_context().trace_id)

    def flush(self) -> None:
        """Exports what waits."""
        self._processor.force_flush()

    def close(self) -> None:
        """Exports what waits, for CLOSE_SECONDS at most."""
        # It would wait for 30 s for a collector that is away.
        closing = Thread(target=self._processor.shutdown, daemon=True)
        closing.start()
        closing.join(CLOSE_SECONDS)


def _attributes(record: RequestRecord) -> dict[str, Any]:
    found: dict[str, Any] = {
        "feed.request_id": record.request_id,
        "feed.cost": record.cost,
        "feed.cached": record.is_cached,
    }
    if record.viewer_id is not None:
        found["enduser.id"] = str(record.viewer_id)
    if record.status is not None:
        found["http.response.status_code"] = record.status
    if record.operation is not None:
        found["graphql.operation.name"] = record.operation.label
        found["graphql.operation.type"] = record.operation.kind
        found["graphql.document.hash"] = record.operation.digest
    return found
