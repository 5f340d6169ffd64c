"""The send queue writes at once or in order, and holds nothing after it is closed."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from core.graphql.live.send_queue import MAX_CHARACTERS, MAX_MESSAGES, SendQueue


class Wire:
    """A connection as a server offers it: `write` waits while its client reads nothing.

    It waits at two places, holds a lock in between, and notes what it has given back.
    """

    def __init__(self) -> None:
        self.reads = asyncio.Event()
        self.lock = asyncio.Lock()
        self.written: list[Any] = []
        self.begun = 0
        self.ended = 0
        self.problem: Exception | None = None

    async def write(self, message: Any) -> None:
        self.begun += 1
        try:
            await self.reads.wait()
            if self.problem is not None:
                raise self.problem
            async with self.lock:
                if not self.reads.is_set():
                    await asyncio.sleep(0)
                await asyncio.sleep(0)
                self.written.append(message)
        finally:
            self.ended += 1

    @property
    def is_idle(self) -> bool:
        """Whether nothing of a write is left: no waiter, no lock, no `finally` that has not run."""
        waiters = self.reads._waiters
        return self.begun == self.ended and not waiters and not self.lock.locked()


async def test_messages_are_written_in_order_once_the_client_reads() -> None:
    wire = Wire()
    send_queue = SendQueue(wire.write)
    for number in range(5):
        assert send_queue.put(number, 1)
    assert wire.written == []
    wire.reads.set()
    await send_queue.flush(5)
    assert wire.written == [0, 1, 2, 3, 4]
    assert not send_queue.is_blocked
    await send_queue.close()
    assert wire.is_idle


async def test_the_send_queue_is_bounded() -> None:
    wire = Wire()
    send_queue = SendQueue(wire.write)
    taken = [send_queue.put(number, 1) for number in range(MAX_MESSAGES + 5)]
    assert taken.count(False) == 4  # The first one is being written.
    await send_queue.close()
    assert not send_queue.is_blocked
    assert wire.is_idle


@pytest.mark.parametrize("size", [MAX_CHARACTERS // 4, 2 * MAX_CHARACTERS])
async def test_few_large_messages_fill_it_until_they_are_written(size: int) -> None:
    wire = Wire()
    send_queue = SendQueue(wire.write)
    count = 0
    while send_queue.put(count, size):
        count += 1
        assert count < 8
    assert count > 1  # One may be larger than the queue.
    drained = asyncio.ensure_future(send_queue.drained())
    done, _ = await asyncio.wait([drained], timeout=0.05)
    assert not done
    wire.reads.set()
    await drained
    assert send_queue.put("room", size)
    await send_queue.flush(5)
    assert wire.written == [*range(count), "room"]
    await send_queue.close()


STEPS = 12


@pytest.mark.parametrize("steps", range(STEPS))
async def test_a_queue_closed_at_any_step_leaves_nothing(steps: int) -> None:
    wire = Wire()
    send_queue = SendQueue(wire.write)
    for number in range(4):
        send_queue.put(number, 1)
    for step in range(steps):
        if step == 2:
            wire.reads.set()
        await asyncio.sleep(0)
    before = list(wire.written)
    await send_queue.close()
    send_queue.put("too late", 1)
    await asyncio.sleep(0)
    assert wire.written == before
    assert wire.is_idle
    assert len(asyncio.all_tasks()) == 1


async def _close(send_queue: SendQueue) -> None:
    await send_queue.close()


async def _drain_and_close(send_queue: SendQueue) -> None:
    try:
        await send_queue.drained()
        await send_queue.flush(1)
    finally:
        await send_queue.close()


@pytest.mark.parametrize("ends", [_close, _drain_and_close])
@pytest.mark.parametrize("steps", range(4))
async def test_close_may_be_cancelled(
    ends: Callable[[SendQueue], Awaitable[None]], steps: int
) -> None:
    wire = Wire()
    send_queue = SendQueue(wire.write)
    for number in range(100):
        send_queue.put(number, 1)
    closing = asyncio.ensure_future(ends(send_queue))
    for _ in range(steps):
        await asyncio.sleep(0)
    closing.cancel()
    await asyncio.wait([closing])
    if steps == 0:  # It was cancelled before it had begun.
        await send_queue.close()
    await asyncio.sleep(0)
    assert wire.is_idle
    assert len(asyncio.all_tasks()) == 1


@pytest.mark.parametrize("problem", [ConnectionResetError(), RuntimeError("after the close")])
@pytest.mark.parametrize("is_reading", [True, False])
async def test_a_disconnected_client_is_no_error(problem: Exception, is_reading: bool) -> None:
    wire = Wire()
    wire.problem = problem
    if is_reading:
        wire.reads.set()
    send_queue = SendQueue(wire.write)
    assert send_queue.put("first", 1)
    assert send_queue.put("second", 1)
    wire.reads.set()
    await send_queue.flush(5)
    assert send_queue.put("third", 1)
    assert not send_queue.is_blocked
    assert wire.written == []
    await send_queue.drained()
    await send_queue.close()
    assert wire.is_idle


async def test_a_queue_closed_while_blocked_is_freed_without_a_collection() -> None:
    gc.collect()
    gc.disable()
    try:
        wire = Wire()
        for started in (False, True):
            send_queue = SendQueue(wire.write)
            send_queue.put("waits", 1)
            if started:
                await asyncio.sleep(0)
            await send_queue.close()
            del send_queue
        await asyncio.sleep(0)
        kinds = {type(each).__qualname__ for each in gc.get_objects(generation=0)}
        assert "SendQueue" not in kinds
        assert wire.is_idle
    finally:
        gc.enable()
