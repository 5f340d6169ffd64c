"""SharedTimeout behaves like `asyncio.timeout`."""

from __future__ import annotations

import asyncio

import pytest

from core.graphql.http.shared_timeout import SharedTimeout, SharedTimeoutExpired


async def never() -> None:
    await asyncio.get_running_loop().create_future()


async def test_a_result_in_time_is_returned() -> None:
    timeout = SharedTimeout(10)
    assert await timeout.wait_for(asyncio.sleep(0, "value")) == "value"
    with pytest.raises(ZeroDivisionError):
        await timeout.wait_for(divide())
    assert not timeout._deadlines


async def divide() -> float:
    await asyncio.sleep(0)
    return 1 / (len("") * 1)


async def test_each_waiter_expires_at_its_own_deadline() -> None:
    timeout = SharedTimeout(0.1)
    loop = asyncio.get_running_loop()

    async def waited() -> float:
        began = loop.time()
        with pytest.raises(SharedTimeoutExpired):
            await timeout.wait_for(never())
        return loop.time() - began

    async with asyncio.TaskGroup() as group:
        waits = []
        for _ in range(5):
            waits.append(group.create_task(waited()))
            await timeout.wait_for(asyncio.sleep(0))
            await asyncio.sleep(0.03)
    assert all(each.result() > 0.09 for each in waits)
    assert not timeout._deadlines


async def test_the_task_is_uncancelled_after_a_timeout() -> None:
    timeout = SharedTimeout(0.01)
    with pytest.raises(SharedTimeoutExpired):
        await timeout.wait_for(never())
    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0
    async with asyncio.timeout(5):
        await asyncio.sleep(0)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await SharedTimeout(10).wait_for(never())


async def test_a_cancellation_from_elsewhere_is_raised() -> None:
    timeout = SharedTimeout(0.01)
    waiting = asyncio.create_task(timeout.wait_for(never()))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert not timeout._deadlines


async def test_a_result_after_the_cancellation_is_returned() -> None:
    async def stubborn() -> str:
        try:
            await never()
        except asyncio.CancelledError:
            return "still here"
        return ""

    assert await SharedTimeout(0.01).wait_for(stubborn()) == "still here"
    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0


def test_the_timeout_works_in_successive_loops() -> None:
    timeout = SharedTimeout(0.01)
    for _ in range(3):
        with pytest.raises(SharedTimeoutExpired):
            asyncio.run(timeout.wait_for(never()))
