"""Token buckets that all processes share through Redis, most of the time without waiting for it.

A bucket has a capacity and fills evenly. Redis holds two numbers for each: the time at which it will be full, and that
of the last change. A script adds to it in one atomic round trip, by the clock of Redis. If that clock is set back, a
bucket goes on from what it had.

Each process keeps an estimate of the buckets that it has used: what Redis said last, filled since, less what this
process has taken since. While the bucket is far from empty, an operation takes from the estimate, and what was taken
is sent to Redis with that of all other buckets, every five seconds. If little is left, every take asks Redis, until
the bucket could have filled. An estimate may be too high, because other processes have taken from the bucket since. But
a process takes no more than UNSETTLED of the capacity before it knows better, so each process may
overdraw a bucket by that much, once in the time that it takes to fill, and what is overdrawn has to fill again first.

Without Redis each process goes on with its estimates, as if they were its own buckets.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import lru_cache
from hashlib import sha1
from time import monotonic
from typing import Any, NamedTuple

from core.quick_redis import QuickRedis

NEAR = 0.25
"""The share of the capacity at which a bucket is nearly empty."""
UNSETTLED = 0.1
"""The share of the capacity that a process takes at most before Redis knows of it."""
SETTLE_SECONDS = 5.0
MAX_BUCKETS = 20_000
"""Those used last in this process. The others are still in Redis."""
MAX_SETTLED_AT_ONCE = 500

SCRIPT = """
local capacity, seconds = tonumber(ARGV[1]), tonumber(ARGV[2])
local taken, wanted = tonumber(ARGV[3]), tonumber(ARGV[4])
local time = redis.call('TIME')
local now = time[1] + time[2] / 1000000
local full_at, at = string.match(redis.call('GET', KEYS[1]) or '', '^(%S+) ?(%S*)$')
full_at, at = tonumber(full_at or 0), tonumber(at) or now
if at > now then full_at = full_at - at + now end
full_at = math.max(full_at, now)
full_at = math.min(math.max(full_at + taken * seconds / capacity, now), now + 2 * seconds)
local allowed = 0
if full_at + wanted * seconds / capacity <= now + seconds then
    allowed = 1
    full_at = full_at + wanted * seconds / capacity
end
if full_at > now then
    local kept = string.format('%.6f %.6f', full_at, now)
    redis.call('SET', KEYS[1], kept, 'PX', math.ceil((full_at - now) * 1000))
else
    redis.call('DEL', KEYS[1])
end
return {allowed, string.format('%.6f', capacity * (1 - (full_at - now) / seconds))}
"""
"""Adds what was `taken` before; takes what is `wanted` if there is as much. Returns whether, and the tokens left."""

SCRIPT_HASH = sha1(SCRIPT.encode(), usedforsecurity=False).hexdigest()


class Rate(NamedTuple):
    """How much may be taken at once, and how long a bucket takes to fill."""

    name: str
    capacity: int
    seconds: int


class Bucket:
    """The estimate of one bucket."""

    __slots__ = ("asks_until", "at", "key", "rate", "tokens", "unsettled")

    def __init__(self, rate: Rate, key: str, now: float) -> None:
        self.rate = rate
        self.key = key
        self.tokens = float(rate.capacity)
        self.at = now
        """When `tokens` were as many."""
        self.unsettled = 0.0
        """What was taken here and Redis does not know of; negative for what was given back."""
        self.asks_until = now
        """Until then each take asks Redis."""

    def fill(self, now: float) -> None:
        """Adds the tokens since the last time."""
        rate = self.rate
        tokens = self.tokens + (now - self.at) * rate.capacity / rate.seconds
        self.tokens = min(rate.capacity, tokens)
        self.at = now

    def seconds_until(self, tokens: float) -> float:
        """Seconds until it has as many."""
        return max(0.0, (tokens - self.tokens) * self.rate.seconds / self.rate.capacity)


class TokenBuckets:
    """The buckets of one process."""

    def __init__(
        self,
        redis_url: str,
        *,
        settle_seconds: float = SETTLE_SECONDS,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        without = "This process limits rates for itself"
        self._redis = QuickRedis(redis_url, clock, without=without)
        self._clock = clock
        self._settle_seconds = settle_seconds
        self._bucket = lru_cache(MAX_BUCKETS)(self._full_bucket)
        self._changed: set[Bucket] = set()
        """Those with something unsettled, up to MAX_BUCKETS."""
        self._timer: asyncio.TimerHandle | None = None
        self._settling: asyncio.Task[None] | None = None
        self._is_closed = False
        self.round_trips = 0
        """How often Redis was asked."""

    def bucket(self, rate: Rate, key: str) -> Bucket:
        """The bucket of this key, filled up to now."""
        found = self._bucket(rate, key)
        found.fill(self._clock())
        return found

    def try_take(self, bucket: Bucket, amount: float) -> bool:
        """Takes the tokens if that needs no question to Redis."""
        capacity = bucket.rate.capacity
        if (
            bucket.tokens - amount < capacity * NEAR
            or bucket.at < bucket.asks_until
            or bucket.unsettled + amount > capacity * UNSETTLED
        ):
            return False
        self._take(bucket, amount)
        return True

    async def take(self, bucket: Bucket, amount: float) -> bool:
        """Takes the tokens if there are as many; else takes none. Waits for Redis, a quarter of a second at most."""
        if bucket.tokens < amount:
            return False  # The others have only taken since: Redis has no more.
        known = await self._ask(bucket, amount)
        if known is not None:
            return known
        bucket.fill(self._clock())
        if bucket.tokens < amount:
            return False
        self._take(bucket, amount)
        return True

    def charge(self, bucket: Bucket, amount: float) -> None:
        """Takes tokens even if there are none: what is owed, one capacity at most, has to fill first."""
        self._take(bucket, amount)
        bucket.tokens = max(bucket.tokens, -bucket.rate.capacity)  # As in Redis.

    def give_back(self, bucket: Bucket, amount: float) -> None:
        """Returns tokens that were taken and not used."""
        self._take(bucket, -amount)
        bucket.tokens = min(bucket.tokens, bucket.rate.capacity)

    async def refresh(self, bucket: Bucket) -> None:
        """Brings the estimate up to date, if Redis answers."""
        if self._settling is not None:
            # What is on its way would be missing from the answer.
            await asyncio.wait([self._settling])
        await self._ask(bucket, 0)

    async def close(self) -> None:
        """Tells Redis what was taken, and closes the connections."""
        self._is_closed = True
        if self._timer is not None:
            self._timer.cancel()
        try:
            if self._settling is not None:
                await self._settling
            await self._settle()
        finally:
            await self._redis.close()

    def _full_bucket(self, rate: Rate, key: str) -> Bucket:
        return Bucket(rate, f"rate:{rate.name}:{key}", self._clock())

    def _take(self, bucket: Bucket, amount: float) -> None:
        if not bucket.unsettled and len(self._changed) < MAX_BUCKETS:
            self._changed.add(bucket)
            self._settle_later()
        bucket.tokens -= amount
        bucket.unsettled += amount

    async def _ask(self, bucket: Bucket, wanted: float) -> bool | None:
        """Whether Redis allows it; None if it is unreachable."""
        replies = await self._send([bucket], wanted)
        return bool(replies[0][0]) if replies else None

    def _settle_later(self) -> None:
        if self._timer is None and not self._is_closed:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(self._settle_seconds, self._start_settling)

    def _start_settling(self) -> None:
        self._timer = None
        self._settling = asyncio.get_running_loop().create_task(self._settle())

    async def _settle(self) -> None:
        """Tells Redis what was taken since the last time."""
        if not self._redis.is_paused():
            changed = [
                self._changed.pop() for _ in range(min(len(self._changed), MAX_SETTLED_AT_ONCE))
            ]
            await self._send([bucket for bucket in changed if bucket.unsettled])
        if self._changed:
            self._settle_later()

    async def _send(self, buckets: list[Bucket], wanted: float = 0) -> Any:
        """Tells Redis what was taken of each, and takes what is `wanted`. The replies; None if it is unreachable."""
        if not buckets or self._redis.is_paused():
            return None
        pipeline = self._redis.client.pipeline(transaction=False)
        sent = [bucket.unsettled for bucket in buckets]
        for bucket in buckets:
            # The first loads the script for the others.
            run, text = (
                (pipeline.eval, SCRIPT) if bucket is buckets[0] else (pipeline.evalsha, SCRIPT_HASH)
            )
            run(text, 1, *_arguments(bucket, wanted))
            bucket.unsettled = 0.0
        replies = None
        try:
            replies = await self._redis.ask(pipeline.execute)
        finally:
            if replies is None:
                for bucket, taken in zip(buckets, sent, strict=True):
                    bucket.unsettled += taken
                    self._changed.add(bucket)
        if replies is not None:
            for bucket, reply in zip(buckets, replies, strict=True):
                self._apply(bucket, reply)
        return replies

    def _apply(self, bucket: Bucket, reply: Any) -> None:
        self.round_trips += 1
        bucket.tokens = float(reply[1]) - bucket.unsettled
        bucket.at = self._clock()
        if bucket.tokens < bucket.rate.capacity * NEAR:
            bucket.asks_until = bucket.at + bucket.rate.seconds


def _arguments(bucket: Bucket, wanted: float) -> tuple[str, ...]:
    rate = bucket.rate
    taken = f"{bucket.unsettled:.3f}"
    return (bucket.key, str(rate.capacity), str(rate.seconds), taken, f"{wanted:.3f}")
