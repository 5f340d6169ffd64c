"""Processes share the documents that clients register by hash, within bounds, and never a wrong one."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from core.devserver.ports import free_port
from core.documents import shared_texts
from core.documents.identifiers import identifier_of
from core.documents.shared_texts import SharedTexts
from core.quick_redis import RETRY_SECONDS

URL = os.environ["REDIS_URL"]
TEXT = "{ __typename }"
ID = identifier_of(TEXT)


@pytest.fixture
async def redis() -> AsyncIterator[Redis]:
    redis = Redis.from_url(URL)
    await redis.flushdb()
    yield redis
    await redis.aclose()


@pytest.fixture
async def processes(redis: Redis) -> AsyncIterator[tuple[SharedTexts, SharedTexts]]:
    pair = SharedTexts(URL), SharedTexts(URL)
    yield pair
    for each in pair:
        await each.close()


async def test_what_one_process_shares_another_finds(
    processes: tuple[SharedTexts, SharedTexts], redis: Redis
) -> None:
    first, second = processes
    assert await second.find(ID) is None
    await first.share(ID, TEXT)
    assert await second.find(ID) == TEXT
    [key] = await redis.keys("document:*")
    assert 0 < await redis.ttl(key) <= shared_texts.LIFE_SECONDS
    # A text that is used stays.
    await redis.expire(key, 10)
    assert await second.find(ID) == TEXT
    assert await redis.ttl(key) > 10


async def test_a_text_that_is_not_of_its_hash_is_not_found(
    processes: tuple[SharedTexts, SharedTexts], redis: Redis
) -> None:
    first, second = processes
    await first.share(ID, TEXT)
    [key] = await redis.keys("document:*")
    for wrong in (b"{ other }", b"\xff\xfe", b""):
        await redis.set(key, wrong)
        assert await second.find(ID) is None


async def test_the_memory_is_bounded(
    processes: tuple[SharedTexts, SharedTexts], redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_texts, "DIGITS", 1)
    first, second = processes
    texts = [f"{{ a{number}: __typename }}" for number in range(100)]
    for text in texts:
        await first.share(identifier_of(text), text)
    assert len(await redis.keys("document:*")) == 16
    found = [await second.find(identifier_of(text)) for text in texts]
    assert found[-1] == texts[-1]
    assert len(list(filter(None, found))) == 16
    large = "#" * (shared_texts.MAX_BYTES + 1)
    await first.share(identifier_of(large), large)
    assert await second.find(identifier_of(large)) is None


async def test_values_are_not_shared(
    processes: tuple[SharedTexts, SharedTexts], redis: Redis
) -> None:
    first, _ = processes
    text = 'mutation { signIn(input: {login: "a", password: "hush-shared"}) { errors { code } } }'
    await first.share(identifier_of(text), text)
    assert await redis.keys("document:*") == []


async def test_without_redis_nothing_is_shared_and_nothing_waits() -> None:
    now = 100.0
    alone = SharedTexts(f"redis://127.0.0.1:{free_port()}/0", clock=lambda: now)
    await alone.share(ID, TEXT)
    assert await alone.find(ID) is None
    now += RETRY_SECONDS
    assert await alone.find(ID) is None
    await alone.close()


async def test_a_redis_that_does_not_answer_is_given_up(
    redis_seconds: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.quick_redis.REDIS_SECONDS", redis_seconds)

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    stuck = SharedTexts(f"redis://127.0.0.1:{port}/0")
    async with asyncio.timeout(20):
        assert await stuck.find(ID) is None
    await stuck.close()
    server.close()
    await server.wait_closed()
