"""The notifier's own promises; that it wakes other processes is tested with the dispatcher."""

from __future__ import annotations

import asyncio
import os
from time import monotonic

import pytest
from redis.asyncio import Redis

from core.events.notifier import PAUSE_SECONDS, Notifier


async def published(redis: Redis) -> int:
    """How many notifications Redis has got so far."""
    commands = await redis.info("commandstats")
    return int(commands.get("cmdstat_publish", {"calls": 0})["calls"])


async def test_notifications_in_quick_succession_become_one() -> None:
    notifier = Notifier(os.environ["REDIS_URL"])
    async with Redis.from_url(os.environ["REDIS_URL"]) as redis:
        before = await published(redis)
        began = monotonic()
        await notifier.open(lambda: None)
        try:
            for _ in range(200):
                notifier.notify()
                await redis.ping()
            count = await published(redis)
            assert 1 <= count - before <= (monotonic() - began) / PAUSE_SECONDS + 1
            # One in the pause is not lost.
            notifier.notify()
            async with asyncio.timeout(20):
                while await published(redis) == count:
                    pass
        finally:
            await notifier.close()


async def test_a_notification_just_before_the_end_is_published() -> None:
    notifier = Notifier(os.environ["REDIS_URL"])
    async with Redis.from_url(os.environ["REDIS_URL"]) as redis:
        before = await published(redis)
        await notifier.open(lambda: None)
        notifier.notify()
        async with asyncio.timeout(20):
            while await published(redis) == before:
                pass
        notifier.notify()
        await notifier.close()
        assert await published(redis) == before + 2


async def test_a_notification_that_is_being_sent_at_the_end_is_published() -> None:
    notifier = Notifier(os.environ["REDIS_URL"])
    async with Redis.from_url(os.environ["REDIS_URL"]) as redis:
        before = await published(redis)
        await notifier.open(lambda: None)
        notifier.notify()
        await asyncio.sleep(0)  # It begins to connect.
        await notifier.close()
        assert await published(redis) > before


async def test_it_ends_soon_if_redis_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.events.notifier.TIMEOUT_SECONDS", 60.0)

    async def read_only(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async with await asyncio.start_server(read_only, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        notifier = Notifier(f"redis://127.0.0.1:{port}")
        await notifier.open(lambda: None)
        notifier.notify()
        await asyncio.sleep(0)  # It begins to connect.
        began = monotonic()
        await notifier.close()
        assert monotonic() - began < 30
