"""Passwords can't be tried for ever."""

from __future__ import annotations

import pytest
from redis.asyncio import Redis

from core.accounts.attempts import LOGINS_FROM_ONE_ADDRESS, WINDOW_SECONDS, Attempts
from core.graphql.errors import ClientError


async def test_one_login_can_be_tried_so_often_from_wherever(redis: Redis) -> None:
    attempts = Attempts(redis, at_most=3)
    for n in range(3):
        await attempts.count("Ada", f"10.0.0.{n}")
    with pytest.raises(ClientError, match="Wait 15 minutes") as caught:
        await attempts.count("aDA", "10.0.0.9")
    assert caught.value.extensions == {"code": "RATE_LIMITED", "retryAfterSeconds": WINDOW_SECONDS}
    await attempts.count("grace", "10.0.0.9")


async def test_one_address_can_try_so_many_logins(redis: Redis) -> None:
    attempts = Attempts(redis, at_most=1)
    for n in range(LOGINS_FROM_ONE_ADDRESS):
        await attempts.count(f"p{n}", "10.0.0.1")
    with pytest.raises(ClientError, match="Too many tries"):
        await attempts.count("another", "10.0.0.1")
    await attempts.count("somebody", "10.0.0.2")
    await attempts.count("nowhere", None)


async def test_a_right_password_counts_for_nothing(redis: Redis) -> None:
    attempts = Attempts(redis, at_most=2)
    for _ in range(2 * LOGINS_FROM_ONE_ADDRESS + 1):
        await attempts.count("ada", "10.0.0.1")
        await attempts.forget("ada", "10.0.0.1")


async def test_counts_end_and_name_nobody(redis: Redis) -> None:
    attempts = Attempts(redis, at_most=2)
    await attempts.count("ada@example.com", "10.0.0.1")
    # A count that ended before the password was found right.
    await attempts.forget("grace", "10.0.0.2")
    names = [str(name) async for name in redis.scan_iter()]
    assert len(names) == 4
    for name in names:
        assert "ada" not in name
        assert "10.0" not in name
        assert 0 < await redis.ttl(name) <= WINDOW_SECONDS


async def test_without_valkey_everybody_may_try() -> None:
    nowhere = Redis.from_url("redis://127.0.0.1:1/0")
    attempts = Attempts(nowhere, at_most=1)
    for _ in range(5):
        await attempts.count("ada", "10.0.0.1")
    await attempts.forget("ada", "10.0.0.1")
    await nowhere.aclose()
