"""Redis that may be unreachable: commands have a short timeout, and are not sent for a second after a failure."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from redis.asyncio import BlockingConnectionPool, Redis
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

REDIS_SECONDS = 0.25
"""Timeout of a round trip."""
RETRY_SECONDS = 1.0
MAX_CONNECTIONS = 4
UNREACHABLE_ERRORS = (RedisError, OSError, TimeoutError)


class QuickRedis:
    """A client of Redis for one purpose. `without`: what holds while Redis is unreachable, for the log."""

    def __init__(self, redis_url: str, clock: Callable[[], float], *, without: str) -> None:
        pool = BlockingConnectionPool.from_url(
            redis_url,
            max_connections=MAX_CONNECTIONS,
            timeout=REDIS_SECONDS,
            socket_connect_timeout=REDIS_SECONDS,
            socket_timeout=REDIS_SECONDS,
        )
        self.client = Redis(connection_pool=pool)
        self._clock = clock
        self._without = without
        self._paused_until = 0.0
        self._is_unreachable = False

    def is_paused(self) -> bool:
        """Whether Redis is not asked now, because it has just failed."""
        return self._clock() < self._paused_until

    async def ask(self, command: Callable[[], Awaitable[Any]]) -> Any:
        """The reply to a command of the client; None if Redis is unreachable. Cost: one round trip."""
        if self.is_paused():
            return None
        try:
            async with asyncio.timeout(REDIS_SECONDS):
                reply = await command()
        except UNREACHABLE_ERRORS as error:
            self._paused_until = self._clock() + RETRY_SECONDS
            if not self._is_unreachable:
                self._is_unreachable = True
                logger.warning("Redis is unavailable. %s: %s", self._without, error)
            return None
        self._is_unreachable = False
        return reply

    async def close(self) -> None:
        """Closes the connections."""
        with suppress(*UNREACHABLE_ERRORS):
            await self.client.aclose()
            await self.client.connection_pool.disconnect()
