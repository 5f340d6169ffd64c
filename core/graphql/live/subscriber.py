"""One subscription of one client."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from time import monotonic
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


FRESH_SECONDS = 0.25
"""For how long what was read of an event holds for subscribers who wait for their turn."""

Present = Callable[[Sequence[EventRow], set[int | None]], Awaitable[Sequence[PresentedEvent]]]


class AwaitedEvent:
    """A live event for subscribers who are sent it one after the other, read again when that takes long."""

    __slots__ = ("_presented", "_read_at", "_read_for", "_viewers", "event")

    def __init__(self, presented: PresentedEvent) -> None:
        self.event = presented.event
        self._presented: Sequence[PresentedEvent] = (presented,)
        self._viewers: set[int | None] = set()
        self._read_at = monotonic()
        self._read_for = self._viewers

    def add(self, viewer_id: int | None) -> None:
        """Adds a viewer who waits, one of those for whom the event was read."""
        self._viewers.add(viewer_id)

    async def presented_to(
        self, viewer_id: int | None, present: Present
    ) -> Sequence[PresentedEvent]:
        """The event as the viewer may see it now. Cost: once in FRESH_SECONDS that of `present`, for all who wait."""
        now = monotonic()
        if now - self._read_at > FRESH_SECONDS or viewer_id not in self._read_for:
            viewers = set(self._viewers)
            self._presented = await present((self.event,), viewers)
            self._read_at, self._read_for = now, viewers
        return self._presented


class EventBuffer:
    """The live events that arrive while a subscriber catches up, from the log or with an event before them."""

    __slots__ = ("events", "first", "has_log_changed", "has_overflowed", "is_live")

    def __init__(self, first: AwaitedEvent | None = None) -> None:
        self.events: list[EventRow] = [] if first is None else [first.event]
        self.first = first
        """The first event, if its data have been read."""
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
