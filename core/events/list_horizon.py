"""A horizon of lists that all requests of a process share."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic

from core.database.database import Database
from core.database.usage import USAGE
from core.events.statements import SQL

HORIZON_SECONDS = 1.0


class ListHorizon:
    """A horizon of lists (core/database/list_positions.py) that was read lately, so that no page reads one.

    A horizon stays one: all transactions that had keys below it have ended, so each later snapshot sees their rows, and
    a transaction that begins later only gets higher keys. With an older horizon more rows are above it. Their cursors
    are longer, and pages towards newer rows read more keys; both show the same rows.
    """

    def __init__(
        self,
        database: Database,
        *,
        seconds: float = HORIZON_SECONDS,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        """`seconds`: how long a horizon is used."""
        self._database = database
        self._seconds = seconds
        self._clock = clock
        self._key = 0
        self._expires_at = clock()

    async def key(self) -> int:
        """The horizon, for statements that begin afterwards.

        Cost: one statement a second, which is not part of the cost of the request.
        """
        if self._clock() >= self._expires_at:
            usage = USAGE.set(None)
            try:
                [(key,)] = await self._database.fetch(SQL.list_horizon)
            finally:
                USAGE.reset(usage)
            # Of two that were read at once both hold; the higher one is better.
            self._key = max(self._key, key)
            self._expires_at = self._clock() + self._seconds
        return self._key
