"""How often somebody may try a password."""

from __future__ import annotations

from redis.asyncio import Redis
from redis.exceptions import RedisError

from core.graphql.errors import ClientError

ATTEMPTS = 20
WINDOW_SECONDS = 15 * 60


class Attempts:
    """Counts tries by login, in Valkey for all processes. Without Valkey everybody may try."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def count(self, login: str) -> None:
        """Errors: RATE_LIMITED after too many tries at one login."""
        name = f"sign-in:{login.casefold()}"
        try:
            async with self._redis.pipeline() as pipe:
                pipe.incr(name)
                pipe.expire(name, WINDOW_SECONDS, nx=True)
                tries, _ = await pipe.execute()
        except (RedisError, OSError):
            return
        if tries > ATTEMPTS:
            raise ClientError(
                f"Too many tries for this login. Wait {WINDOW_SECONDS // 60} minutes.",
                "RATE_LIMITED",
            )

    async def forget(self, login: str) -> None:
        """A right password ends the count."""
        try:
            await self._redis.delete(f"sign-in:{login.casefold()}")
        except (RedisError, OSError):
            return
