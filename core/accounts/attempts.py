"""How often somebody may try a password."""

from __future__ import annotations

from hashlib import blake2b

from redis.asyncio import Redis
from redis.exceptions import RedisError

from core.graphql.errors import ClientError

WINDOW_SECONDS = 15 * 60
LOGINS_FROM_ONE_ADDRESS = 20


class Attempts:
    """Counts wrong tries by login and by network address, in Valkey for all processes.

    Without Valkey everybody may try.
    """

    def __init__(self, redis: Redis, *, at_most: int = 50) -> None:
        """`at_most`: tries at one login. From one address, behind which many may live, there may be
        20 times as many at all logins together.
        """
        self._redis = redis
        self._at_most = at_most

    async def count(self, login: str, address: str | None) -> None:
        """Counts a try. Errors: RATE_LIMITED, if there were too many before it."""
        names = _names(login, address)
        tries = await self._add(1, names)
        limits = (self._at_most, self._at_most * LOGINS_FROM_ONE_ADDRESS)
        if any(number > limit for number, limit in zip(tries, limits, strict=False)):
            raise ClientError(
                f"Too many tries to sign in. Wait {WINDOW_SECONDS // 60} minutes.",
                "RATE_LIMITED",
                retryAfterSeconds=WINDOW_SECONDS,
            )

    async def forget(self, login: str, address: str | None) -> None:
        """Takes back what `count` has counted: the password was right."""
        await self._add(-1, _names(login, address))

    async def _add(self, number: int, names: list[str]) -> list[int]:
        try:
            async with self._redis.pipeline(transaction=False) as pipe:
                for name in names:
                    pipe.incrby(name, number)
                for name in names:
                    pipe.expire(name, WINDOW_SECONDS, nx=True)
                return list((await pipe.execute())[: len(names)])
        except (RedisError, OSError):
            return []


def _names(login: str, address: str | None) -> list[str]:
    """One for the login, and one for the address if it is known. Nobody's login can be read from them."""
    said = [f"login {login.casefold()}"] + ([] if address is None else [f"address {address}"])
    return [f"sign-in:{blake2b(text.encode(), digest_size=16).hexdigest()}" for text in said]
