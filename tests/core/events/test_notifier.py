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


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("redis://127.0.0.1:1/0", "Connect call failed"),
        ("redis://{host}/99", "DB index is out of range"),
        ("redis://:hush-wrong@{host}/0", "invalid username-password pair"),
    ],
)
async def test_redis_that_can_not_be_used_from_the_start_is_reported(
    caplog: pytest.LogCaptureFixture, url: str, reason: str
) -> None:
    host = os.environ["REDIS_URL"].partition("//")[2].rpartition("/")[0]
    notifier = Notifier(url.format(host=host))
    await notifier.open(lambda: None)
    try:
        async with asyncio.timeout(20):
            while not caplog.messages:  # noqa: ASYNC110  # no event to wait for
                await asyncio.sleep(0.01)
    finally:
        await notifier.close()
    [message] = caplog.messages
    assert "check that it runs and that REDIS_URL is correct" in message
    assert reason in message
    assert "hush-wrong" not in message


async def test_it_is_reported_once_until_redis_can_be_used(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.events.notifier.RETRY_SECONDS", 0.01)
    attempts = asyncio.Semaphore(0)

    def refuse(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        attempts.release()
        writer.close()

    async with await asyncio.start_server(refuse, "127.0.0.1", 0) as server:
        notifier = Notifier(f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}")
        await notifier.open(lambda: None)
        try:
            async with asyncio.timeout(20):
                for _ in range(5):
                    await attempts.acquire()
        finally:
            await notifier.close()
    assert len(caplog.messages) == 1


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
