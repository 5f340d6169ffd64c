"""What is known of one operation at its end: for metrics, logs and traces."""

from __future__ import annotations

from collections.abc import Iterable
from time import perf_counter

from core.database.usage import Timing, Usage
from core.errors import JSONObject
from core.graphql.document import DocumentOperation

CLIENT_GONE = 499
"""The status in logs, as nginx has it, of a query that was cancelled because its client disconnected."""


class RequestRecord(Usage):
    """One operation, from its request on. It is the `Usage` of its execution as well."""

    operation: DocumentOperation | None = None
    """None until the document is known to be valid."""
    cost = 0
    """Before execution."""
    status: int | None = None
    """Of the HTTP response; None over WebSocket."""
    codes: tuple[str, ...] = ()
    """Of the errors in the response, each once."""
    is_cached = False
    seconds = 0.0
    """Set when it was answered."""
    trace: str | None = None
    """The id of its trace, if it is traced."""
    traceparent: bytes | None = None
    """The header of that name, if it is traced."""

    def __init__(self, request_id: str, operation: DocumentOperation | None = None) -> None:
        self.began = perf_counter()
        self.request_id = request_id
        if operation is not None:
            self.operation = operation

    def part_ended(self, name: str, began: float) -> None:
        """Adds a part that has just ended to the timings of a request that is traced."""
        if self.timings is not None:
            self.timings.append(Timing(name, began, perf_counter()))

    def described(self) -> str:
        if self.operation is None:
            return f", request {self.request_id}"
        return (
            f", in operation {self.operation.label}, document {self.operation.digest}, "
            f"request {self.request_id}"
        )


class Observer:
    """Sees each operation at its begin and at its end."""

    def begin(
        self,
        request_id: str,
        traceparent: bytes | None,  # noqa: ARG002  # for those that trace
        operation: DocumentOperation | None = None,
    ) -> RequestRecord:
        """The record of an operation that begins now. `traceparent`: the header of that name."""
        return RequestRecord(request_id, operation)

    def end(self, record: RequestRecord) -> None:
        """Called once for each operation, when it was answered.

        Releases the document: an idle connection keeps the record of its last request.
        """
        record.operation = None


def codes_of(entries: Iterable[JSONObject]) -> tuple[str, ...]:
    """The codes of the errors, each once."""
    return tuple(dict.fromkeys(entry["extensions"]["code"] for entry in entries))
