"""Prometheus metrics of requests, by operation."""

from __future__ import annotations

from prometheus_client import Counter

from core.graphql.document import DocumentOperation
from core.graphql.request_record import RequestRecord
from core.tallies import SECONDS, Tally

REQUEST_SECONDS = Tally(
    "feed_request_seconds",
    "Duration of queries and mutations from the head of the request to the response, and of the start of "
    "subscriptions; by operation, its kind, and whether the response came from the cache.",
    ["operation", "kind", "cached"],
    buckets=SECONDS,
)
REQUEST_ERRORS = Counter(
    "feed_request_errors",
    "Responses with an error of the code, by operation.",
    ["operation", "code"],
)
MAX_NAMES = 200
"""Clients choose the names of operations. With so many, others are counted under their root field."""
INVALID = "(invalid)"
"""In place of an operation, where the request or its document is invalid."""


class RequestMetrics:
    """Counts the requests of a process."""

    def __init__(self) -> None:
        self._names: set[str] = set()
        self._tallies: dict[tuple[str, str, bool], Tally] = {}
        """By name, kind, and whether the response came from the cache."""

    def observe(self, record: RequestRecord) -> None:
        """Counts a request that has just been answered."""
        operation = record.operation
        if operation is not None:
            key = (operation.label, operation.kind, record.is_cached)
            tally = self._tallies.get(key) or self._tally_of(operation, record)
            tally.add(record.seconds)
        for code in record.codes:
            label = INVALID if operation is None else self._label(operation)
            REQUEST_ERRORS.labels(label, code).inc()

    def _label(self, operation: DocumentOperation) -> str:
        name = operation.label
        if name in self._names or len(self._names) < MAX_NAMES:
            self._names.add(name)
            return name
        return operation.root_label

    def _tally_of(self, operation: DocumentOperation, record: RequestRecord) -> Tally:
        label = self._label(operation)
        cached = "yes" if record.is_cached else "no"
        tally = REQUEST_SECONDS.labels(label, operation.kind, cached)
        if label == operation.label:
            self._tallies[label, operation.kind, record.is_cached] = tally
        return tally
