"""One subscription of one client."""

from __future__ import annotations

from typing import Any, Protocol

from core.errors import JSONObject
from core.events.event_log import EventRow
from core.events.log_positions import START
from core.graphql.live.shared_operations import LiveOperation


class Sink(Protocol):
    """The client's end of a subscription."""

    def push(self, payload: str, cursor: str) -> bool:
        """Sends a result, as JSON, without waiting. False: too much is waiting, it was not taken."""

    def push_last(self, payload: str, cursor: str) -> None:
        """Sends the last result and ends the subscription; taken however much is waiting."""

    def fail(self, errors: list[JSONObject]) -> None:
        """Ends the subscription with errors."""

    async def drained(self) -> None:
        """Returns when little is waiting."""


WAITING_AT_MOST = 1_000


class HeldEvents:
    """What arrives for a subscriber that is still being given what it missed."""

    __slots__ = ("events", "is_for_another_log", "is_overrun")

    def __init__(self) -> None:
        self.events: list[EventRow] = []
        self.is_for_another_log = False
        """The subscriber's position has to be judged anew."""
        self.is_overrun = False
        """Too much arrived: it has to be read from the log again."""

    def add(self, event: EventRow) -> None:
        if len(self.events) < WAITING_AT_MOST:
            self.events.append(event)
        else:
            self.is_overrun = True

    def take(self) -> list[EventRow]:
        """What has arrived; it is no longer waiting."""
        taken, self.events = self.events, []
        return taken


class Subscriber:
    """Who is to be given which events, and where they stand."""

    __slots__ = (
        "is_open",
        "live_from",
        "operation",
        "position",
        "sink",
        "topic_key",
        "viewer_id",
        "waiting",
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
        """After the last event that it was given, or that was not for it."""
        self.live_from = START
        """Later events come live; those up to here it has to be given from the log."""
        self.waiting: HeldEvents | None = None
        """Live events, while those from the log are not finished; None when they are."""
        self.is_open = True
