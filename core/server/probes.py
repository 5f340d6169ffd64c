"""Probes of PostgreSQL and of Valkey or Redis: for `/readyz`, and as a metric of each process."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable
from typing import NamedTuple, TypeVar

from prometheus_client import Gauge
from redis.asyncio import Redis
from redis.exceptions import RedisError, ResponseError

from core.database.database import Database, DatabaseUnavailable
from core.events.cancellation import cancel_and_wait

logger = logging.getLogger(__name__)

Answer = TypeVar("Answer")
TIMEOUT_SECONDS = 2.0
"""For PostgreSQL and Valkey to answer a probe."""
PAUSE_SECONDS = 5.0
"""Between two probes that nobody has asked for."""
KEY = "probe"
KEY_MILLISECONDS = 10_000
FAILING = Gauge(
    "feed_probe_failing",
    "Whether the database or the cache can't be reached from a process, or refuses writes (1).",
    ["probe"],
    multiprocess_mode="livemax",
)


class Reachable(NamedTuple):
    """Which dependencies of the server are usable now."""

    database: bool
    accepts_writes: bool
    cache: bool
    cache_accepts_writes: bool


class Probes:
    """The probes of one process. Without any client's request, too: while it is not ready, balancers send none."""

    def __init__(self, database: Database, redis_url: str) -> None:
        self._database = database
        self._redis = Redis.from_url(
            redis_url, socket_connect_timeout=TIMEOUT_SECONDS, socket_timeout=TIMEOUT_SECONDS
        )
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="probes")

    async def close(self) -> None:
        if self._task is not None:
            await cancel_and_wait([self._task])
            self._task = None
        await self._redis.aclose()

    async def reachable(self) -> Reachable:
        """Whether PostgreSQL and Valkey answer within TIMEOUT_SECONDS, and accept writes. Sets the metric."""
        accepts_writes, cache_accepts_writes = await asyncio.gather(
            _result_or_none(self._database.accepts_writes()),
            _result_or_none(self._cache_accepts_writes()),
        )
        FAILING.labels("database").set(accepts_writes is None)
        FAILING.labels("database writes").set(accepts_writes is False)
        FAILING.labels("cache").set(cache_accepts_writes is None)
        FAILING.labels("cache writes").set(cache_accepts_writes is False)
        return Reachable(
            accepts_writes is not None,
            bool(accepts_writes),
            cache_accepts_writes is not None,
            bool(cache_accepts_writes),
        )

    async def _run(self) -> None:
        while True:
            try:
                await self.reachable()
            except Exception:
                logger.exception("The probes failed; trying again.")
            await asyncio.sleep(PAUSE_SECONDS)

    async def _cache_accepts_writes(self) -> bool:
        """Whether Valkey accepts a write: it may be full, read only, or unable to save. Errors: RedisError."""
        try:
            await self._redis.set(KEY, "", px=KEY_MILLISECONDS)
        except ResponseError:
            return False
        return True


async def _result_or_none(probe: Awaitable[Answer]) -> Answer | None:
    try:
        async with asyncio.timeout(TIMEOUT_SECONDS):
            return await probe
    except (DatabaseUnavailable, RedisError, OSError, TimeoutError):
        return None
