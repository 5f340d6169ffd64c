"""Sign-in attempts are bounded, and attackers can't lock out the owner."""

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
    ACCOUNTS_PER_ADDRESS,
    ADDRESSES_PER_ACCOUNT,
    MAX_LOCAL_COUNTS,
    REDIS_RETRY_SECONDS,
    REDIS_TIMEOUT_SECONDS,
    TRUSTED_SECONDS,
    WINDOW_SECONDS,
    AttemptedAccount,
    LocalCounters,
    LoginThrottle,
    shared_login_throttle,
)
from core.devserver.valkey import Valkey
from core.errors import ClientError
from tests.clock import Clock

ADA = AttemptedAccount(7, "ada")
HOME, OFFICE = "10.0.0.1", "10.0.0.2"


@pytest.fixture
def client(redis: AsyncRedis) -> Iterator[Redis]:
    """The run's Valkey, empty."""
    with Redis.from_url(os.environ["REDIS_URL"], decode_responses=True) as opened:
        yield opened


@pytest.fixture
def unreachable() -> Iterator[Redis]:
    with Redis.from_url("redis://127.0.0.1:1/0") as redis:
        yield redis


@pytest.fixture(params=["in Redis", "locally"])
def store(request: pytest.FixtureRequest, client: Redis, unreachable: Redis) -> Redis:
    """The store of the counters: the rules are the same while Redis is unavailable."""
    return client if request.param == "in Redis" else unreachable


def fail(
    throttle: LoginThrottle, account: AttemptedAccount, address: str | None, times: int
) -> None:
    for _ in range(times):
        throttle.count(account, address)


def refused(throttle: LoginThrottle, account: AttemptedAccount, address: str | None) -> ClientError:
    with pytest.raises(ClientError, match="Too many sign-in attempts") as caught:
        throttle.count(account, address)
    assert caught.value.code == "RATE_LIMITED"
    return caught.value


def test_attempts_for_an_account_from_one_address_are_limited(store: Redis) -> None:
    throttle = LoginThrottle(store, at_most=3)
    fail(throttle, ADA, HOME, 3)
    error = refused(throttle, ADA, HOME)
    assert "Try again in 15 minutes" in error.message
    assert WINDOW_SECONDS - 5 <= error.extensions["retryAfterSeconds"] <= WINDOW_SECONDS
    fail(throttle, ADA, OFFICE, 1)
    fail(throttle, AttemptedAccount(8, "grace"), HOME, 1)


def test_spellings_of_a_login_share_a_counter(store: Redis) -> None:
    throttle = LoginThrottle(store, at_most=2)
    fail(throttle, AttemptedAccount(7, "ada"), HOME, 2)
    refused(throttle, AttemptedAccount(7, "ADA"), HOME)
    fail(throttle, AttemptedAccount(7, "ada@m\u00fcnchen.example"), HOME, 1)
    fail(throttle, AttemptedAccount(7, "Ada@mu\u0308n\u00adchen.example"), HOME, 1)
    refused(throttle, AttemptedAccount(7, "ada@xn--mnchen-3ya.EXAMPLE"), HOME)
    fail(throttle, AttemptedAccount(None, "nobody"), HOME, 1)
    fail(throttle, AttemptedAccount(None, "ＮＯＢＯＤＹ"), HOME, 1)  # noqa: RUF001  # full-width
    refused(throttle, AttemptedAccount(None, "Nobody"), HOME)


def test_a_refusal_does_not_tell_whose_an_address_is(store: Redis) -> None:
    throttle = LoginThrottle(store, at_most=2)
    for number in range(ADDRESSES_PER_ACCOUNT):
        fail(throttle, ADA, f"203.0.113.{number}", 2)
    refused(throttle, ADA, OFFICE)
    for user in (ADA.user_id, None):
        throttle.count(AttemptedAccount(user, "ada@example.com"), OFFICE)


def test_strangers_use_up_no_attempts_of_who_is_signed_in(store: Redis) -> None:
    throttle = LoginThrottle(store, at_most=2)
    signed_in = AttemptedAccount(ADA.user_id, None)
    for login in ("ada", "user 7"):
        for number in range(ADDRESSES_PER_ACCOUNT):
            fail(throttle, AttemptedAccount(None, login), f"203.0.113.{number}", 2)
        refused(throttle, AttemptedAccount(None, login), HOME)
    fail(throttle, signed_in, HOME, 2)
    refused(throttle, signed_in, HOME)


def test_a_login_that_looks_like_an_address_does_not_count_for_it(store: Redis) -> None:
    throttle = LoginThrottle(store, at_most=1)
    for number in range(ADDRESSES_PER_ACCOUNT):
        throttle.count(AttemptedAccount(None, HOME), f"203.0.113.{number}")
    for number in range(ACCOUNTS_PER_ADDRESS):
        throttle.count(AttemptedAccount(None, f"p{number}"), HOME)
    refused(throttle, ADA, HOME)


def test_attempts_for_all_accounts_from_one_address_are_limited(store: Redis) -> None:
    throttle = LoginThrottle(store, at_most=1)
    for number in range(ACCOUNTS_PER_ADDRESS):
        throttle.count(AttemptedAccount(None, f"p{number}"), "2001:db8::1")
    refused(throttle, ADA, "2001:db8::ffff")  # The same network of IPv6.
    fail(throttle, ADA, "2001:db8:0:1::1", 1)
    fail(throttle, AttemptedAccount(8, "grace"), None, 1)


def test_attempts_from_all_addresses_are_limited_without_locking_out_the_owner(
    store: Redis,
) -> None:
    throttle = LoginThrottle(store, at_most=2)
    throttle.count(ADA, HOME)
    throttle.succeeded(ADA, HOME)
    for number in range(ADDRESSES_PER_ACCOUNT):
        fail(throttle, ADA, f"203.0.113.{number}", 2)
    refused(throttle, ADA, "203.0.113.99")
    refused(throttle, ADA, OFFICE)

    throttle.count(ADA, HOME)
    throttle.succeeded(ADA, HOME)
    fail(throttle, ADA, HOME, 2)
    refused(throttle, ADA, HOME)


def test_one_address_alone_does_not_use_up_the_limit_of_the_account(store: Redis) -> None:
    throttle = LoginThrottle(store, at_most=2)
    fail(throttle, ADA, "203.0.113.1", 2)
    for _ in range(5 * ADDRESSES_PER_ACCOUNT):
        refused(throttle, ADA, "203.0.113.1")
    throttle.count(ADA, OFFICE)


def test_a_correct_password_is_not_counted(store: Redis) -> None:
    throttle = LoginThrottle(store, at_most=2)
    for _ in range(2 * ACCOUNTS_PER_ADDRESS + 1):
        throttle.count(ADA, HOME)
        throttle.succeeded(ADA, HOME)
    fail(throttle, ADA, HOME, 2)
    refused(throttle, ADA, HOME)


def test_counters_expire_and_do_not_reveal_the_login(client: Redis) -> None:
    throttle = LoginThrottle(client, at_most=2)
    throttle.count(AttemptedAccount(None, "ada@example.com"), HOME)
    # A counter that expired before the password was checked.
    throttle.succeeded(ADA, OFFICE)
    names = [str(name) for name in client.scan_iter()]
    assert len(names) == 7
    for name in names:
        assert "ada" not in name
        assert "10.0" not in name
        assert 0 < int(client.ttl(name)) <= TRUSTED_SECONDS  # type: ignore[arg-type]  # of the sync client


def test_the_window_begins_with_the_first_attempt(client: Redis) -> None:
    throttle = LoginThrottle(client, at_most=2)
    throttle.count(ADA, HOME)
    counters = list(client.scan_iter())
    for counter in counters:
        client.expire(counter, 100)
    throttle.count(ADA, HOME)
    refused(throttle, ADA, HOME)
    assert all(0 < int(client.ttl(counter)) <= 100 for counter in counters)  # type: ignore[arg-type]  # of the sync client


def test_local_counters_expire_and_are_bounded() -> None:
    clock = Clock()
    counts = LocalCounters(clock)
    assert counts.add(1, "a", 10) == (1, 10)
    clock.now += 9
    assert counts.add(1, "a", 10) == (2, 1)
    clock.now += 1
    assert counts.add(1, "a", 10) == (1, 10)
    for number in range(MAX_LOCAL_COUNTS):
        counts.add(1, str(number), 10)
    assert len(counts._counts) == MAX_LOCAL_COUNTS
    assert counts.add(1, "a", 10) == (1, 10)


def test_a_refusal_is_logged_once_and_without_the_login(
    client: Redis, caplog: pytest.LogCaptureFixture
) -> None:
    throttle = LoginThrottle(client, at_most=1)
    for account in (ADA, AttemptedAccount(None, "secret-login")):
        throttle.count(account, HOME)
        for _ in range(3):
            refused(throttle, account, HOME)
    lines = [record.getMessage() for record in caplog.records]
    assert [line.partition(" is refused")[0] for line in lines] == [
        f"Sign-in to account 7 from {HOME}",
        f"Sign-in to an unknown account from {HOME}",
    ]
    assert "ada" not in caplog.text
    assert "secret" not in caplog.text


def test_a_hanging_redis_is_waited_for_once_and_used_again_when_it_responds(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    valkey = Valkey(tmp_path / "valkey")
    valkey.start()
    try:
        valkey.wait()
        clock = Clock()
        throttle = shared_login_throttle(valkey.url, 3)
        throttle._clock = clock
        throttle._local = LocalCounters(clock)
        throttle.count(ADA, HOME)
        os.kill(valkey.process.pid, signal.SIGSTOP)
        began = time.monotonic()
        redis = throttle._redis
        with patch.object(redis, "pipeline", wraps=redis.pipeline) as pipeline:
            fail(throttle, ADA, HOME, 3)  # Counted locally, from zero.
            refused(throttle, ADA, HOME)
            throttle.succeeded(ADA, HOME)
        os.kill(valkey.process.pid, signal.SIGCONT)
        assert pipeline.call_count == 1
        assert time.monotonic() - began > REDIS_TIMEOUT_SECONDS * 0.9
        assert caplog.text.count("Redis is unavailable") == 1

        clock.now += REDIS_RETRY_SECONDS
        throttle.count(ADA, HOME)
        assert throttle._redis_retry_at == 0.0
        throttle.close()
    finally:
        os.kill(valkey.process.pid, signal.SIGCONT)
        valkey.stop()


def test_a_clock_of_redis_that_was_set_back_locks_nobody_out_for_longer(client: Redis) -> None:
    throttle = LoginThrottle(client)
    throttle.count(ADA, HOME)
    counters = list(client.scan_iter("sign-in:*"))
    for counter in counters:
        client.expire(
            counter, 24 * 3_600
        )  # What is left of it after the clock was set back by a day.
    throttle.count(ADA, HOME)
    left = [client.ttl(counter) for counter in counters]
    assert len(left) == 3
    assert all(0 < int(str(seconds)) <= WINDOW_SECONDS for seconds in left)
