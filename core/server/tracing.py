"""What the answers of the last requests cost: statements, rows, milliseconds. In development only."""

from __future__ import annotations

from collections import OrderedDict
from contextvars import ContextVar
from time import perf_counter
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send

from core.database.usage import Timing
from core.graphql.document import DocumentOperation
from core.graphql.request_record import RequestRecord
from core.server.request_observer import RequestObserver

MAX_TRACES = 50
TRACE_HEADER = b"x-trace"
"""A request is traced if it has this header: an id by which its trace is read afterwards."""
MAX_ID_LENGTH = 64

_timings: ContextVar[list[Timing] | None] = ContextVar("timings", default=None)
"""Those of the traced request."""


class TracingObserver(RequestObserver):
    """The observer of a process that has `Traces`."""

    def begin(
        self, request_id: str, traceparent: bytes | None, operation: DocumentOperation | None = None
    ) -> RequestRecord:
        record = super().begin(request_id, traceparent, operation)
        traced = _timings.get()
        if traced is not None:
            record.timings = traced
        return record


class Traces:
    """The newest traces by id, bounded in number."""

    def __init__(self) -> None:
        self._traces: OrderedDict[str, dict[str, Any]] = OrderedDict()

    def find(self, id: str) -> dict[str, Any] | None:
        return self._traces.get(id)

    def traced(self, app: ASGIApp) -> ASGIApp:
        """The application, with a trace of each request that has TRACE_HEADER."""

        async def serve(scope: Scope, receive: Receive, send: Send) -> None:
            id = dict(scope["headers"]).get(TRACE_HEADER, b"").decode("latin-1")
            if not id or len(id) > MAX_ID_LENGTH:
                return await app(scope, receive, send)
            timings: list[Timing] = []
            token = _timings.set(timings)
            began = perf_counter()
            try:
                await app(scope, receive, send)
            finally:
                _timings.reset(token)
                self._add(id, Timing("", began, perf_counter()), timings)

        return serve

    def _add(self, id: str, request: Timing, timings: list[Timing]) -> None:
        statements = [
            {"sql": each.name, "milliseconds": _milliseconds(each), "rows": each.rows}
            for each in timings
            if each.rows is not None
        ]
        self._traces[id] = {"milliseconds": _milliseconds(request), "statements": statements}
        if len(self._traces) > MAX_TRACES:
            self._traces.popitem(last=False)


def _milliseconds(timing: Timing) -> float:
    return round((timing.ended - timing.began) * 1_000, 3)
