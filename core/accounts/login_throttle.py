"""Bounds sign-in attempts, at the API and at the admin together."""

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

from core.accounts.validators import comparable_email, folded_username
from core.errors import ClientError
from core.ip_networks import network_of
from core.text import nfkc

logger = logging.getLogger(__name__)

WINDOW_SECONDS = 15 * 60
ACCOUNTS_PER_ADDRESS = 20
ADDRESSES_PER_ACCOUNT = 10
"""How many times the attempts for one account from one address are allowed for all of them."""
TRUSTED_SECONDS = 30 * 24 * 3600
"""How long an address is trusted after a sign-in to the account."""

REDIS_TIMEOUT_SECONDS = 0.25
"""Short: a sign-in does not need the count."""
REDIS_RETRY_SECONDS = 5.0
MAX_LOCAL_COUNTS = 10_000


class AttemptedAccount(NamedTuple):
    """The account that an attempt names: a user's, or an unknown login. Who is signed in names none."""

    user_id: int | None
    login: str | None

    @property
    def name(self) -> str:
        """The same for all spellings of a login, not for a username and an address: who is refused by the one must not
        find out whether the other is the same user's. Strangers can't use up the attempts of who is signed in.
        """
        if self.login is None:
            return f"user {self.user_id}"
        comparable = comparable_email if "@" in self.login else folded_username
        return f"login {comparable(self.login) or nfkc(self.login).casefold()}"


class AttemptLimit(NamedTuple):
    """How many attempts one counter allows in a window."""

    counter: str
    at_most: int
    description: str


class LoginThrottle:
    """Counts failed sign-in attempts within 15 minutes, in Redis for all processes.

    There are limits for one account from one address, for all accounts from one address, and for one account
    from all addresses. An address from which the account has signed in within 30 days is trusted, which exempts
    it from the last limit: attackers can't lock out the owner. Calls block for a quarter of a second at most.
    While Redis is unavailable, each process counts for itself.
    """

    def __init__(
        self, redis: Redis, *, at_most: int = 50, clock: Callable[[], float] = monotonic
    ) -> None:
        """`at_most`: attempts for one account from one address."""
        self._redis = redis
        self._at_most = at_most
        self._clock = clock
        self._local = LocalCounters(clock)
        self._redis_retry_at = 0.0

    def count(self, account: AttemptedAccount, address: str | None) -> None:
        """Counts an attempt before the password is checked. Errors: RATE_LIMITED over a limit."""
        network = None if address is None else network_of(address)
        limits = self._limits(account, network)
        counters = [limit.counter for limit in limits]
        *counts, trusted = self._add(1, counters, _trusted(account, network))
        for limit, (count, seconds) in zip(limits, counts, strict=True):
            is_account_limit = limit is limits[-1]
            exempt = is_account_limit and trusted[0] > 0
            if count > limit.at_most and not exempt:
                self._add(-1, counters, None)
                self._log(account, network, limit, seconds)
                raise ClientError(
                    f"Too many sign-in attempts. Try again in {-(-seconds // 60)} minutes.",
                    "RATE_LIMITED",
                    retryAfterSeconds=seconds,
                )

    def succeeded(self, account: AttemptedAccount, address: str | None) -> None:
        """Uncounts an attempt with the correct password and trusts its address."""
        network = None if address is None else network_of(address)
        counters = [limit.counter for limit in self._limits(account, network)]
        self._add(-1, counters, _trusted(account, network), trust=True)

    def close(self) -> None:
        """Closes the connections to Redis. They reopen on demand."""
        self._redis.close()

    def _limits(self, account: AttemptedAccount, network: str | None) -> list[AttemptLimit]:
        """The limits of an attempt. The last is that of the account from all addresses."""
        limits = [
            AttemptLimit(
                _key(account.name, network or "-"), self._at_most, "this account from this address"
            )
        ]
        if network is not None:
            at_most = self._at_most * ACCOUNTS_PER_ADDRESS
            limits.append(AttemptLimit(_key(network), at_most, "all accounts from this address"))
        at_most = self._at_most * ADDRESSES_PER_ACCOUNT
        limits.append(AttemptLimit(_key(account.name), at_most, "this account from all addresses"))
        return limits

    def _add(
        self, number: int, counters: list[str], trusted: str | None, *, trust: bool = False
    ) -> list[tuple[int, int]]:
        """Count and seconds left of each counter and then of `trusted`, which `trust` sets."""
        now = self._clock()
        if now >= self._redis_retry_at:
            failing = self._redis_retry_at > 0
            if failing:
                # This call tries; concurrent ones count locally meanwhile.
                self._redis_retry_at = now + REDIS_RETRY_SECONDS
            try:
                counts = self._add_in_redis(number, counters, trusted, trust=trust)
            except (RedisError, OSError) as error:
                if not failing:
                    logger.warning(
                        "Redis is unavailable. This process counts sign-in attempts for itself: %s",
                        error,
                    )
                self._redis_retry_at = self._clock() + REDIS_RETRY_SECONDS
            else:
                self._redis_retry_at = 0.0
                return counts
        counts = [self._local.add(number, counter, WINDOW_SECONDS) for counter in counters]
        trusted_count = (0, 0)
        if trusted is not None:
            trusted_count = self._local.add(int(trust), trusted, TRUSTED_SECONDS)
        return [*counts, trusted_count]

    def _add_in_redis(
        self, number: int, counters: list[str], trusted: str | None, *, trust: bool
    ) -> list[tuple[int, int]]:
        with self._redis.pipeline(transaction=False) as pipe:
            for counter in counters:
                pipe.incrby(counter, number)
                # Sets it once; shortens it if the clock of Redis was set back meanwhile.
                pipe.expire(counter, WINDOW_SECONDS, lt=True)
                pipe.ttl(counter)
            if trusted is not None and trust:
                pipe.set(trusted, 1, ex=TRUSTED_SECONDS)
            elif trusted is not None:
                pipe.exists(trusted)
            replies = pipe.execute()
        counts = [
            (int(replies[index]), max(1, int(replies[index + 2])))
            for index in range(0, 3 * len(counters), 3)
        ]
        return [*counts, (int(replies[-1]) if trusted is not None else 0, 0)]

    def _log(
        self, account: AttemptedAccount, network: str | None, limit: AttemptLimit, seconds: int
    ) -> None:
        """Logs one line in a window for each limit."""
        if self._local.add(1, f"logged {limit.counter}", seconds)[0] == 1:
            name = "an unknown account" if account.user_id is None else f"account {account.user_id}"
            logger.warning(
                "Sign-in to %s from %s is refused for %d s: over %d attempts at %s.",
                name,
                network or "an unknown address",
                seconds,
                limit.at_most,
                limit.description,
            )


class LocalCounters:
    """Counters of this process that expire; a bounded number, of which the oldest are dropped. Thread-safe."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._counts: OrderedDict[str, tuple[int, float]] = OrderedDict()
        self._lock = Lock()

    def add(self, number: int, name: str, seconds: float) -> tuple[int, int]:
        """The count, at least zero, and its seconds left; a new counter has `seconds`."""
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
            while len(self._counts) > MAX_LOCAL_COUNTS:
                self._counts.popitem(last=False)
        return count, max(1, round(end - now))


@cache
def shared_login_throttle(redis_url: str, at_most: int) -> LoginThrottle:
    """The throttle that the API and the admin of this process share."""
    redis = Redis.from_url(
        redis_url,
        socket_connect_timeout=REDIS_TIMEOUT_SECONDS,
        socket_timeout=REDIS_TIMEOUT_SECONDS,
    )
    return LoginThrottle(redis, at_most=at_most)


def _trusted(account: AttemptedAccount, network: str | None) -> str | None:
    return None if network is None else _key("known", account.name, network)


def _key(*parts: str) -> str:
    """A Redis key that does not reveal the login."""
    return f"sign-in:{blake2b(chr(0).join(parts).encode(), digest_size=16).hexdigest()}"
