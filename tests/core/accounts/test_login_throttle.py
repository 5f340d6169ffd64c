"""Passwords can't be tried for ever, and strangers who try can't lock out the owner."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import pytest
from redis import Redis
from redis.asyncio import Redis as AsyncRedis

from core.accounts.login_throttle import (
    ACCOUNTS_FROM_ONE_ADDRESS,
    ADDRESSES_AT_ONE_ACCOUNT,
    COUNTED_HERE_AT_MOST,
    KNOWN_SECONDS,
    REDIS_PAUSE_SECONDS,
    REDIS_SECONDS,
    WINDOW_SECONDS,
    Account,
    LocalCounts,
    LoginThrottle,
    login_throttle_on,
)
from core.devserver.valkey import Valkey
from core.errors import ClientError

ADA = Account(7, "ada")
HOME, OFFICE = "10.0.0.1", "10.0.0.2"


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def client(redis: AsyncRedis) -> Iterator[Redis]:
    """The run's Valkey, empty."""
    with Redis.from_url(os.environ["REDIS_URL"], decode_responses=True) as opened:
        yield opened


@pytest.fixture
def nowhere() -> Iterator[Redis]:
    with Redis.from_url("redis://127.0.0.1:1/0") as gone:
        yield gone


@pytest.fixture(params=["in Redis", "here"])
def store(request: pytest.FixtureRequest, client: Redis, nowhere: Redis) -> Redis:
    """What is counted with: the rule is the same while Redis is away."""
    return client if request.param == "in Redis" else nowhere


def fail(attempts: LoginThrottle, account: Account, address: str | None, times: int) -> None:
    for _ in range(times):
        attempts.count(account, address)


def refused(attempts: LoginThrottle, account: Account, address: str | None) -> ClientError:
    with pytest.raises(ClientError, match="Too many tries") as caught:
        attempts.count(account, address)
    assert caught.value.code == "RATE_LIMITED"
    return caught.value


def test_an_account_can_be_tried_so_often_from_one_address(store: Redis) -> None:
    attempts = LoginThrottle(store, at_most=3)
    fail(attempts, ADA, HOME, 3)
    error = refused(attempts, ADA, HOME)
    assert "Wait 15 minutes" in error.message
    assert WINDOW_SECONDS - 5 <= error.extensions["retryAfterSeconds"] <= WINDOW_SECONDS
    fail(attempts, ADA, OFFICE, 1)
    fail(attempts, Account(8, "grace"), HOME, 1)


def test_a_login_in_another_spelling_is_the_same_account(store: Redis) -> None:
    attempts = LoginThrottle(store, at_most=2)
    fail(attempts, Account(7, "ada"), HOME, 1)
    fail(attempts, Account(7, "ada@example.com"), HOME, 1)
    refused(attempts, Account(7, "ADA"), HOME)
    fail(attempts, Account(None, "nobody"), HOME, 1)
    fail(attempts, Account(None, "ＮＯＢＯＤＹ"), HOME, 1)  # noqa: RUF001  # full-width
    refused(attempts, Account(None, "Nobody"), HOME)


def test_one_address_can_try_so_many_accounts(store: Redis) -> None:
    attempts = LoginThrottle(store, at_most=1)
    for number in range(ACCOUNTS_FROM_ONE_ADDRESS):
        attempts.count(Account(None, f"p{number}"), "2001:db8::1")
    refused(attempts, ADA, "2001:db8::ffff")  # The same network of IPv6.
    fail(attempts, ADA, "2001:db8:0:1::1", 1)
    fail(attempts, Account(8, "grace"), None, 1)


def test_many_addresses_together_are_bounded_and_do_not_lock_out_the_owner(store: Redis) -> None:
    attempts = LoginThrottle(store, at_most=2)
    attempts.count(ADA, HOME)
    attempts.succeeded(ADA, HOME)
    for number in range(ADDRESSES_AT_ONE_ACCOUNT):
        fail(attempts, ADA, f"203.0.113.{number}", 2)
    refused(attempts, ADA, "203.0.113.99")
    refused(attempts, ADA, OFFICE)

    attempts.count(ADA, HOME)
    attempts.succeeded(ADA, HOME)
    fail(attempts, ADA, HOME, 2)
    refused(attempts, ADA, HOME)


def test_one_address_alone_never_fills_the_account(store: Redis) -> None:
    attempts = LoginThrottle(store, at_most=2)
    fail(attempts, ADA, "203.0.113.1", 2)
    for _ in range(5 * ADDRESSES_AT_ONE_ACCOUNT):
        refused(attempts, ADA, "203.0.113.1")
    attempts.count(ADA, OFFICE)


def test_a_right_password_counts_for_nothing(store: Redis) -> None:
    attempts = LoginThrottle(store, at_most=2)
    for _ in range(2 * ACCOUNTS_FROM_ONE_ADDRESS + 1):
        attempts.count(ADA, HOME)
        attempts.succeeded(ADA, HOME)
    fail(attempts, ADA, HOME, 2)
    refused(attempts, ADA, HOME)


def test_counts_end_and_name_nobody(client: Redis) -> None:
    attempts = LoginThrottle(client, at_most=2)
    attempts.count(Account(None, "ada@example.com"), HOME)
    # A count that ended before the password was found right.
    attempts.succeeded(ADA, OFFICE)
    names = [str(name) for name in client.scan_iter()]
    assert len(names) == 7
    for name in names:
        assert "ada" not in name
        assert "10.0" not in name
        assert 0 < int(client.ttl(name)) <= KNOWN_SECONDS  # type: ignore[arg-type]  # of the sync client


def test_what_is_counted_here_ends_and_is_bounded() -> None:
    clock = Clock()
    counts = LocalCounts(clock)
    assert counts.add(1, "a", 10) == (1, 10)
    clock.now += 9
    assert counts.add(1, "a", 10) == (2, 1)
    clock.now += 1
    assert counts.add(1, "a", 10) == (1, 10)
    for number in range(COUNTED_HERE_AT_MOST):
        counts.add(1, str(number), 10)
    assert len(counts._counts) == COUNTED_HERE_AT_MOST
    assert counts.add(1, "a", 10) == (1, 10)


def test_a_refusal_is_logged_once_and_without_the_login(
    client: Redis, caplog: pytest.LogCaptureFixture
) -> None:
    attempts = LoginThrottle(client, at_most=1)
    for account in (ADA, Account(None, "secret-login")):
        attempts.count(account, HOME)
        for _ in range(3):
            refused(attempts, account, HOME)
    lines = [record.getMessage() for record in caplog.records]
    assert [line.partition(" is refused")[0] for line in lines] == [
        f"Sign-in to account 7 from {HOME}",
        f"Sign-in to an unknown account from {HOME}",
    ]
    assert "ada" not in caplog.text
    assert "secret" not in caplog.text


def test_a_redis_that_stands_still_is_waited_for_once_and_used_again_when_it_answers(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    valkey = Valkey(tmp_path / "valkey")
    valkey.start()
    try:
        valkey.wait()
        clock = Clock()
        attempts = login_throttle_on(valkey.url, 3)
        attempts._clock = clock
        attempts._here = LocalCounts(clock)
        attempts.count(ADA, HOME)
        os.kill(valkey.process.pid, signal.SIGSTOP)
        began = time.monotonic()
        redis = attempts._redis
        with patch.object(redis, "pipeline", wraps=redis.pipeline) as asked:
            fail(attempts, ADA, HOME, 3)  # Counted here, from nothing.
            refused(attempts, ADA, HOME)
            attempts.succeeded(ADA, HOME)
        os.kill(valkey.process.pid, signal.SIGCONT)
        assert asked.call_count == 1
        assert time.monotonic() - began > REDIS_SECONDS * 0.9
        assert caplog.text.count("Redis is away") == 1

        clock.now += REDIS_PAUSE_SECONDS
        attempts.count(ADA, HOME)
        assert attempts._redis_again_at == 0.0
        attempts.close()
    finally:
        os.kill(valkey.process.pid, signal.SIGCONT)
        valkey.stop()
