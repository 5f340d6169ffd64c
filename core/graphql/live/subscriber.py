"""One subscription of one client."""

from __future__ import annotations

from typing import Any, Protocol

from core.errors import JSONObject
from core.events.event_log import EventRow
from core.events.log_positions import START
from core.graphql.live.presented_event import PresentedEvent
from core.graphql.live.shared_operations import LiveOperation


class Sink(Protocol):
    """The client's end of a subscription."""

    def push(self, payload: str, cursor: str) -> bool:
        """Sends a result, as JSON, without waiting. False, and not sent, if the send queue is full."""

    def push_last(self, payload: str, cursor: str) -> None:
        """Sends the last result, even if the send queue is full, and ends the subscription."""

    def fail(self, errors: list[JSONObject]) -> None:
        """Ends the subscription with errors."""

    async def drained(self) -> None:
        """Returns when the send queue is nearly empty."""


MAX_BUFFERED_EVENTS = 1_000


class EventBuffer:
    """The live events that arrive while a subscriber catches up, from the log or with an event before them."""

    __slots__ = ("events", "first", "has_log_changed", "has_overflowed", "is_live")

    def __init__(self, first: PresentedEvent | None = None) -> None:
        self.events: list[EventRow] = [] if first is None else [first.event]
        self.first = first
        """The first event with its data, if these have been read."""
        self.is_live = first is not None
        """Whether the subscriber had caught up with the log."""
        self.has_log_changed = False
        """Whether the subscriber's position must be checked against a new log."""
        self.has_overflowed = False
        """Whether events were dropped, which must be read from the log."""

    def add(self, event: EventRow) -> None:
        if self.events and event[:2] <= self.events[-1][:2]:
            return  # It is delivered again, because another subscriber's could not be.
        if len(self.events) < MAX_BUFFERED_EVENTS:
            self.events.append(event)
        else:
            self.has_overflowed = True


class Subscriber:
    """One subscription: its operation, the key of its events and its position in the log."""

    __slots__ = (
        "buffer",
        "is_open",
        "live_from",
        "operation",
        "position",
        "sink",
        "topic_key",
        "viewer_id",
    )

    def __init__(
        self, sink: Sink, operation: LiveOperation, viewer_id: int | None, topic_key: Any
    ) -> None:
        self.sink = sink
        self.operation = operation
        self.viewer_id = viewer_id
        self.topic_key = topic_key
        """Which events of its topic the subscriber receives: the viewer or the posts."""
        self.position = START
        """After the last event that was sent, or was not for this subscriber."""
        self.live_from = START
        """Events up to here are read from the log; later ones arrive live."""
        self.buffer: EventBuffer | None = None
        """Holds live events while the subscriber catches up; None when it has."""
        self.is_open = True
