"""Texts of documents that clients have registered by their hash, which all processes share through Redis.

Redis holds a fixed number of places; the first digits of a hash say which is its own, and a new text replaces the one
that is there. So strangers who register documents can't fill the memory, only make clients send a text again.
A text that is read is checked against its hash: nothing else than the document that was asked for comes back.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from time import monotonic
from typing import Any

from redis.asyncio import BlockingConnectionPool, Redis
from redis.exceptions import RedisError

from core.documents.identifiers import PREFIX, identifier_of

logger = logging.getLogger(__name__)

DIGITS = 3
"""Of the hash, in the name of its place: 16³ are 4,096 places."""
MAX_BYTES = 16 * 1024
"""Of a text that is shared; so Redis holds 64 MiB at most, and usually a few hundred kB."""
LIFE_SECONDS = 86_400
"""Since it was last read or written."""
REDIS_SECONDS = 0.25
"""Timeout of a round trip."""
RETRY_SECONDS = 1.0
MAX_CONNECTIONS = 4
AWAY = (RedisError, OSError, TimeoutError)


class SharedTexts:
    """The texts that all processes share. Without Redis there are none, and clients send them again."""

    def __init__(self, redis_url: str, *, clock: Callable[[], float] = monotonic) -> None:
        pool = BlockingConnectionPool.from_url(
            redis_url,
            max_connections=MAX_CONNECTIONS,
            timeout=REDIS_SECONDS,
            socket_connect_timeout=REDIS_SECONDS,
            socket_timeout=REDIS_SECONDS,
        )
        self._redis = Redis(connection_pool=pool)
        self._clock = clock
        self._away_until = 0.0
        self._is_away = False

    async def find(self, identifier: str) -> str | None:
        """The text with this hash, if it is shared. Cost: one round trip, of a quarter of a second at most."""
        found = await self._ask(lambda: self._redis.getex(_place(identifier), ex=LIFE_SECONDS))
        if found is None:
            return None
        text = str(found, errors="replace")
        return text if identifier_of(text) == identifier else None

    async def share(self, identifier: str, text: str) -> None:
        """Shares the text of this hash, unless it contains strings. Cost: as `find`."""
        content = text.encode()
        # A string may be a password, which belongs into a variable.
        if len(content) <= MAX_BYTES and '"' not in text:
            await self._ask(lambda: self._redis.set(_place(identifier), content, ex=LIFE_SECONDS))

    async def close(self) -> None:
        with suppress(*AWAY):
            await self._redis.aclose()
            await self._redis.connection_pool.disconnect()

    async def _ask(self, command: Callable[[], Awaitable[Any]]) -> Any:
        """The reply; None if Redis is away."""
        if self._clock() < self._away_until:
            return None
        try:
            async with asyncio.timeout(REDIS_SECONDS):
                reply = await command()
        except AWAY as error:
            self._away_until = self._clock() + RETRY_SECONDS
            if not self._is_away:
                self._is_away = True
                logger.warning("Redis is unavailable. Documents are not shared: %r", error)
            return None
        self._is_away = False
        return reply


def _place(identifier: str) -> str:
    return f"document:{identifier[len(PREFIX) : len(PREFIX) + DIGITS]}"
