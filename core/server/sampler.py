"""Exports once a second what a process counts too often to export it each time, and states that have no event."""

from __future__ import annotations

import asyncio

from prometheus_client import Gauge

from core.database.database import Database
from core.database.pool_metrics import POOL_CONNECTIONS, POOL_WAITING
from core.tallies import export_tallies

SECONDS = 1.0
LOOP_DELAY = Gauge(
    "feed_event_loop_delay_seconds",
    "By how much the last second's timer of a process was late: how long a request waits for its turn.",
    multiprocess_mode="livemax",
)


class Sampler:
    """Samples one process. `start` and `close` are called in its event loop."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        self._export()
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(SECONDS, self._sample, loop, loop.time() + SECONDS)

    def close(self) -> None:
        """Exports what was counted last."""
        if self._timer is not None:
            self._timer.cancel()
        self._export()

    def _sample(self, loop: asyncio.AbstractEventLoop, due: float) -> None:
        now = loop.time()
        LOOP_DELAY.set(max(0.0, now - due))
        self._export()
        self._timer = loop.call_later(SECONDS, self._sample, loop, now + SECONDS)

    def _export(self) -> None:
        database = self._database
        POOL_CONNECTIONS.labels("in use").set(database.size - database.unused_connections)
        POOL_CONNECTIONS.labels("allowed").set(database.size)
        POOL_WAITING.set(database.waiting)
        export_tallies()
