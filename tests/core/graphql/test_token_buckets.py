"""Token buckets: exact near the limit, quick far from it, and shared through a real Valkey."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any
from uuid import uuid4

import pytest
from redis.asyncio import Redis

from core import quick_redis
from core.config.environment import environment
from core.devserver.ports import free_port
from core.graphql.limits.token_buckets import UNSETTLED, Rate, TokenBuckets
from tests.live.world import eventually

SLOW = 1_000_000
"""Seconds for a bucket to fill: nothing is added while a test runs."""


@pytest.fixture
async def processes() -> AsyncIterator[list[TokenBuckets]]:
    """Buckets of three processes."""
    async with AsyncExitStack() as stack:
        opened = [TokenBuckets(environment().redis_url, settle_seconds=0.1) for _ in range(3)]
        for each in opened:
            stack.push_async_callback(each.close)
        yield opened


@pytest.fixture
def rate() -> Rate:
    return Rate(f"test {uuid4()}", 1_000, SLOW)


async def take(buckets: TokenBuckets, rate: Rate, amount: float, key: str = "1") -> bool:
    bucket = buckets.bucket(rate, key)
    return buckets.try_take(bucket, amount) or await buckets.take(bucket, amount)


async def left(buckets: TokenBuckets, rate: Rate, key: str = "1") -> float:
    """What Redis has."""
    bucket = buckets.bucket(rate, key)
    await buckets.refresh(bucket)
    return round(bucket.tokens)


async def test_one_process_takes_exactly_what_there_is(
    processes: list[TokenBuckets], rate: Rate
) -> None:
    taken = sum([await take(processes[0], rate, 7) for _ in range(300)])
    assert taken == 1_000 // 7
    assert await take(processes[0], rate, 6)
    assert not await take(processes[0], rate, 1)
    assert await left(processes[1], rate) == 0


async def test_takes_at_once_are_exact_too(processes: list[TokenBuckets], rate: Rate) -> None:
    results = await asyncio.gather(*(take(processes[0], rate, 7) for _ in range(300)))
    assert sum(results) == 1_000 // 7


async def test_far_from_the_limit_nothing_is_asked(
    processes: list[TokenBuckets], rate: Rate
) -> None:
    one, other, _ = processes
    for _ in range(90):
        assert one.try_take(one.bucket(rate, "1"), 1)
    assert one.round_trips == 0

    async def is_settled() -> bool:
        # Redis may have it before its answer has arrived here.
        return await left(other, rate) == 910 and one.round_trips > 0

    await eventually(is_settled)
    assert one.round_trips == 1


async def test_an_estimate_has_what_is_on_its_way(
    processes: list[TokenBuckets], rate: Rate, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, *_ = processes
    bucket = one.bucket(rate, "1")
    held, goes_on = asyncio.Event(), asyncio.Event()
    ask = one._redis.ask

    async def ask_late(call: Any) -> Any:
        """The first call, of the settling, is held up."""
        if not held.is_set():
            held.set()
            await goes_on.wait()
        return await ask(call)

    monkeypatch.setattr(one._redis, "ask", ask_late)
    assert one.try_take(bucket, 7)
    await held.wait()
    refreshing = asyncio.create_task(one.refresh(bucket))
    done, _ = await asyncio.wait([refreshing], timeout=0.2)
    assert not done or round(bucket.tokens) == 993
    goes_on.set()
    await refreshing
    assert round(bucket.tokens) == 993


async def test_many_buckets_are_settled_at_once(processes: list[TokenBuckets], rate: Rate) -> None:
    one, other, _ = processes
    for key in range(50):
        assert one.try_take(one.bucket(rate, str(key)), key)

    async def are_settled() -> bool:
        return [await left(other, rate, str(key)) for key in (0, 1, 49)] == [1_000, 999, 951]

    await eventually(are_settled)


async def test_several_processes_overdraw_by_a_bounded_share_once(
    processes: list[TokenBuckets], rate: Rate
) -> None:
    async def greedy(buckets: TokenBuckets) -> int:
        taken = 0
        for _ in range(3):
            taken += sum([await take(buckets, rate, 1) for _ in range(1_500)])
            await buckets.refresh(buckets.bucket(rate, "1"))
        return taken

    taken = sum(await asyncio.gather(*map(greedy, processes)))
    assert 1_000 <= taken <= 1_000 * (1 + UNSETTLED * len(processes))
    for each in processes:
        assert not await take(each, rate, 1)
        assert not each.try_take(each.bucket(rate, "1"), 1)


async def test_what_is_given_back_can_be_taken_again(
    processes: list[TokenBuckets], rate: Rate
) -> None:
    one, other, _ = processes
    assert await take(one, rate, 1_000)
    assert not await take(other, rate, 1_000)
    one.give_back(one.bucket(rate, "1"), 400)
    assert await take(one, rate, 400)
    one.give_back(one.bucket(rate, "1"), 300)
    await one.refresh(one.bucket(rate, "1"))
    assert await left(other, rate) == 300
    # Never more than the capacity.
    one.give_back(one.bucket(rate, "1"), 5_000)
    assert await left(one, rate) == 1_000


async def test_buckets_fill(processes: list[TokenBuckets]) -> None:
    quick = Rate(f"test {uuid4()}", 1_000, 20)
    one, other, _ = processes
    assert await take(one, quick, 1_000)
    bucket = one.bucket(quick, "1")
    assert 0 < bucket.seconds_until(500) <= 10

    async def has_filled() -> bool:
        return await take(other, quick, 50)

    await eventually(has_filled)


async def test_keys_are_apart_and_full_buckets_leave_nothing(
    processes: list[TokenBuckets], rate: Rate
) -> None:
    one = processes[0]
    assert await take(one, rate, 1_000, key="1")
    assert await take(one, rate, 1_000, key="2")
    assert await one._redis.client.pttl(f"rate:{rate.name}:1") > (SLOW - 100) * 1_000
    one.give_back(one.bucket(rate, "1"), 1_000)
    assert await left(one, rate, "1") == 1_000
    assert not await one._redis.client.exists(f"rate:{rate.name}:1")


async def test_without_redis_each_process_limits_for_itself(
    rate: Rate, caplog: pytest.LogCaptureFixture
) -> None:
    away = TokenBuckets(f"redis://127.0.0.1:{free_port()}/0")
    try:
        assert sum([await take(away, rate, 7) for _ in range(300)]) == 1_000 // 7
        assert not await take(away, rate, 7)
    finally:
        await away.close()
    assert caplog.text.count("This process limits rates for itself") == 1


async def test_no_more_than_a_capacity_is_owed(processes: list[TokenBuckets], rate: Rate) -> None:
    away = TokenBuckets(f"redis://127.0.0.1:{free_port()}/0")
    try:
        for buckets in (processes[0], away):
            bucket = buckets.bucket(rate, "1")
            for _ in range(50):
                buckets.charge(bucket, 100)
            await buckets.refresh(bucket)
            assert bucket.seconds_until(0) == pytest.approx(SLOW, rel=0.01)
    finally:
        await away.close()


async def test_a_cancelled_take_takes_nothing_from_the_estimate(
    rate: Rate, redis_seconds: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quick_redis, "REDIS_SECONDS", redis_seconds)
    silent = socket.create_server(("127.0.0.1", 0))
    port = silent.getsockname()[1]
    buckets = TokenBuckets(f"redis://127.0.0.1:{port}/0")
    try:
        bucket = buckets.bucket(rate, "1")
        assert buckets.try_take(bucket, 100)
        waiting = asyncio.create_task(buckets.take(bucket, 500))
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert round(bucket.tokens) == 900
        assert bucket.unsettled == 100
        # A Redis that does not answer holds nobody up for long, and then nobody.
        async with asyncio.timeout(10):
            assert await buckets.take(bucket, 500)
        assert await buckets.take(bucket, 300)
        assert not await buckets.take(bucket, 300)
    finally:
        await buckets.close()
        silent.close()


@pytest.mark.parametrize("hours", [-24, 24], ids=["back", "forward"])
async def test_a_clock_of_redis_that_jumps_empties_no_bucket(
    processes: list[TokenBuckets], rate: Rate, hours: int
) -> None:
    one, other, _ = processes
    assert await take(one, rate, 400)
    await one.refresh(one.bucket(rate, "1"))
    async with Redis.from_url(environment().redis_url) as redis:
        # As if the bucket had been written by a clock that was so much ahead, or behind.
        kept = [
            float(each) - hours * 3_600 for each in (await redis.get(f"rate:{rate.name}:1")).split()
        ]
        await redis.set(f"rate:{rate.name}:1", " ".join(map(str, kept)))
    at_least = 600
    assert at_least <= await left(other, rate) <= (600 if hours < 0 else 700)
