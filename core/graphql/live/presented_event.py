"""What a topic knows of an event before it makes payloads of it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from core.events.event_log import EventRow


class PresentedEvent(ABC):
    """An event with the data for its payload, and its visibility to the viewers of a batch."""

    __slots__ = ("event",)

    def __init__(self, event: EventRow) -> None:
        self.event = event

    @abstractmethod
    def is_visible_to(self, viewer_id: int | None) -> bool:
        """Whether the viewer, one of the batch, may be notified."""

    @abstractmethod
    def row(self, cursor: str) -> Any:
        """The row for fields that are the same for every viewer."""

    @abstractmethod
    def row_for(self, viewer_id: int | None, cursor: str) -> Any:
        """The row for all fields, with the viewer's state."""
