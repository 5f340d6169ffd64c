"""How often a password may be tried, at the API and at the admin alike."""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable
from functools import cache
from hashlib import blake2b
from threading import Lock
from time import monotonic
from typing import NamedTuple

from redis import Redis
from redis.exceptions import RedisError

from core.errors import ClientError
from core.ip_networks import network_of
from core.text import nfkc

logger = logging.getLogger(__name__)

WINDOW_SECONDS = 15 * 60
ACCOUNTS_FROM_ONE_ADDRESS = 20
ADDRESSES_AT_ONE_ACCOUNT = 10
KNOWN_SECONDS = 30 * 24 * 3600

REDIS_SECONDS = 0.25
"""Counting is not needed to sign in, so nobody waits for it long."""
REDIS_PAUSE_SECONDS = 5.0
COUNTED_HERE_AT_MOST = 10_000


class Account(NamedTuple):
    """Whose password is tried: a user's, or nobody's under that login."""

    user_id: int | None
    login: str

    @property
    def name(self) -> str:
        """One for a user, whether the login was their name or their address."""
        if self.user_id is not None:
            return f"user {self.user_id}"
        return f"login {nfkc(self.login).casefold()}"


class Bound(NamedTuple):
    """A number of tries that a window may have."""

    name: str
    at_most: int
    words: str


class LoginThrottle:
    """Counts tries within a quarter of an hour, in Redis for all processes; right ones are taken back.

    Bounded are the tries at an account from one address, at all accounts from one address, and at an
    account from all addresses. An address from which the account has signed in within 30 days is
    exempt from the last: strangers can't lock out the owner. Calls block, for a quarter of a second
    at most; while Redis does not answer, each process counts by itself.
    """

    def __init__(
        self, redis: Redis, *, at_most: int = 50, clock: Callable[[], float] = monotonic
    ) -> None:
        """`at_most`: tries at one account from one address."""
        self._redis = redis
        self._at_most = at_most
        self._clock = clock
        self._here = LocalCounts(clock)
        self._redis_again_at = 0.0

    def count(self, account: Account, address: str | None) -> None:
        """Counts a try that is about to be made. Errors: RATE_LIMITED, if it may not be made."""
        network = None if address is None else network_of(address)
        bounds = self._bounds(account, network)
        *counts, known = self._add(1, [*(bound.name for bound in bounds)], _known(account, network))
        for bound, (number, seconds) in zip(bounds, counts, strict=True):
            exempt = bound.name == bounds[-1].name and known[0] > 0
            if number > bound.at_most and not exempt:
                self._add(-1, [bound.name for bound in bounds], None)
                self._log(account, network, bound, seconds)
                raise ClientError(
                    f"Too many tries to sign in. Wait {-(-seconds // 60)} minutes.",
                    "RATE_LIMITED",
                    retryAfterSeconds=seconds,
                )

    def succeeded(self, account: Account, address: str | None) -> None:
        """Takes back what `count` has counted, and remembers the address as the account's."""
        network = None if address is None else network_of(address)
        names = [bound.name for bound in self._bounds(account, network)]
        self._add(-1, names, _known(account, network), remember=True)

    def close(self) -> None:
        """Closes the connections to Redis. They are opened again on demand."""
        self._redis.close()

    def _bounds(self, account: Account, network: str | None) -> list[Bound]:
        bounds = [Bound(_key(account.name, network or "-"), self._at_most, "it from this address")]
        if network is not None:
            at_most = self._at_most * ACCOUNTS_FROM_ONE_ADDRESS
            bounds.append(Bound(_key(network), at_most, "all accounts from this address"))
        at_most = self._at_most * ADDRESSES_AT_ONE_ACCOUNT
        bounds.append(Bound(_key(account.name), at_most, "it from all addresses"))
        return bounds

    def _add(
        self, number: int, names: list[str], known: str | None, *, remember: bool = False
    ) -> list[tuple[int, int]]:
        """Count and seconds left of each name and, at the end, of what is `known`."""
        now = self._clock()
        if now >= self._redis_again_at:
            failing = self._redis_again_at > 0
            if failing:
                self._redis_again_at = now + REDIS_PAUSE_SECONDS  # One tries; others do not wait.
            try:
                counts = self._add_in_redis(number, names, known, remember=remember)
            except (RedisError, OSError) as error:
                if not failing:
                    logger.warning("Redis is away; tries to sign in are counted here: %s", error)
                self._redis_again_at = self._clock() + REDIS_PAUSE_SECONDS
            else:
                self._redis_again_at = 0.0
                return counts
        counts = [self._here.add(number, name, WINDOW_SECONDS) for name in names]
        known_here = (0, 0)
        if known is not None:
            known_here = self._here.add(int(remember), known, KNOWN_SECONDS)
        return [*counts, known_here]

    def _add_in_redis(
        self, number: int, names: list[str], known: str | None, *, remember: bool
    ) -> list[tuple[int, int]]:
        with self._redis.pipeline(transaction=False) as pipe:
            for name in names:
                pipe.incrby(name, number)
                pipe.expire(name, WINDOW_SECONDS, nx=True)
                pipe.ttl(name)
            if known is not None and remember:
                pipe.set(known, 1, ex=KNOWN_SECONDS)
            elif known is not None:
                pipe.exists(known)
            answers = pipe.execute()
        counts = [
            (int(answers[place]), max(1, int(answers[place + 2])))
            for place in range(0, 3 * len(names), 3)
        ]
        return [*counts, (int(answers[-1]) if known is not None else 0, 0)]

    def _log(self, account: Account, network: str | None, bound: Bound, seconds: int) -> None:
        """One line in a window for each bound."""
        if self._here.add(1, f"logged {bound.name}", seconds)[0] == 1:
            whose = (
                "an unknown account" if account.user_id is None else f"account {account.user_id}"
            )
            logger.warning(
                "Sign-in to %s from %s is refused for %d s: over %d tries at %s.",
                whose,
                network or "an unknown address",
                seconds,
                bound.at_most,
                bound.words,
            )


class LocalCounts:
    """Counts of this process that end; the oldest are dropped when there are too many. Thread-safe."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._counts: OrderedDict[str, tuple[int, float]] = OrderedDict()
        self._lock = Lock()

    def add(self, number: int, name: str, seconds: float) -> tuple[int, int]:
        """The count, never below zero, and how many seconds it has left; a new one has `seconds`."""
        now = self._clock()
        with self._lock:
            count, end = self._counts.get(name, (0, 0.0))
            if end <= now:
                count, end = 0, now + seconds
            count = max(0, count + number)
            if count:
                self._counts[name] = (count, end)
            else:
                self._counts.pop(name, None)
            while len(self._counts) > COUNTED_HERE_AT_MOST:
                self._counts.popitem(last=False)
        return count, max(1, round(end - now))


@cache
def login_throttle_on(redis_url: str, at_most: int) -> LoginThrottle:
    """The one counter of this process, for both doors."""
    redis = Redis.from_url(
        redis_url, socket_connect_timeout=REDIS_SECONDS, socket_timeout=REDIS_SECONDS
    )
    return LoginThrottle(redis, at_most=at_most)


def _known(account: Account, network: str | None) -> str | None:
    return None if network is None else _key("known", account.name, network)


def _key(*parts: str) -> str:
    """A key of Redis from which nobody's login can be read."""
    return f"sign-in:{blake2b(chr(0).join(parts).encode(), digest_size=16).hexdigest()}"
