"""PostgreSQL's time in every process, so that all judge the expiry of tokens and signed addresses by one clock."""

from __future__ import annotations

from datetime import UTC, datetime
from time import monotonic, time

LONGEST_READING = 1.0
"""Seconds that a reading of the clock may take: it is exact to half of that."""


class DatabaseClock:
    """PostgreSQL's clock as it was read last, continued by a clock that never jumps. Until then this machine's."""

    def __init__(self) -> None:
        self._ahead: float | None = None
        """By how much PostgreSQL's clock is ahead of the clock that never jumps."""

    def now(self) -> float:
        """Seconds since 1970."""
        return time() if self._ahead is None else monotonic() + self._ahead

    def moment(self) -> datetime:
        """The same as a moment in UTC."""
        return datetime.fromtimestamp(self.now(), UTC)

    def was_read(self, moment: float, began: float, ended: float) -> None:
        """Goes by a reading of PostgreSQL's clock, unless it took too long.

        `moment`: the reading, in seconds since 1970. `began`, `ended`: of the query, by `monotonic`.
        """
        if ended - began <= LONGEST_READING or self._ahead is None:
            self._ahead = moment - (began + ended) / 2


CLOCK = DatabaseClock()
"""The clock of this process."""
