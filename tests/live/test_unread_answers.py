"""A WebSocket client that sends but does not read takes a bounded amount of the server's memory."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from core.database.database import Database
from feed.services import post_create
from tests.benchmarks.live_clients import MASK, framed
from tests.interactions.cast import create_users
from tests.live.raw_clients import MAX_SECONDS, RawClient, open_socket, subscribe
from tests.metrics import metric_value

ROUNDS = 50
"""So many answers to another client after which a message that was not read stays unread."""

pytestmark = pytest.mark.usefixtures("database")


async def unread(client: RawClient, other: RawClient) -> int:
    """The bytes that the client has not got rid of when the server reads no more of them."""
    same, left = 0, -1
    while same < ROUNDS:
        other.send(framed({"type": "ping"}))
        await other.receives(b"pong")
        now = client.transport.get_write_buffer_size()
        same, left = (same + 1 if now == left else 0), now
        if not left:
            break
    return left


@pytest.mark.parametrize(
    ("message", "answer", "count"),
    [
        ({"type": "ping", "payload": {"a": "x" * 50_000}}, b'"pong"', 600),
        (
            {"type": "subscribe", "id": "a", "payload": {"query": "{" + "x" * 999}},
            b'"error"',
            60_000,
        ),
    ],
    ids=["ping", "subscribe"],
)
async def test_it_is_not_read_until_it_reads(
    address: str, message: dict[str, Any], answer: bytes, count: int
) -> None:
    other = await open_socket(address)
    client = await open_socket(address)
    client.transport.pause_reading()
    client.send(framed(message) * count)
    assert await unread(client, other)
    client.transport.resume_reading()
    await client.receives(answer, count)
    for each in (client, other):
        each.transport.close()


async def test_queries_wait_until_answers_are_read(address: str, database: Database) -> None:
    [author] = await create_users(database, 1)
    for _ in range(100):
        await post_create(database, author_id=author, text="字" * 500)
    texts = " ".join(f"t{number}: text" for number in range(20))
    query = f"query Unread {{ publicFeed(first: 100) {{ edges {{ node {{ {texts} }} }} }} }}"
    count = 50

    def answered() -> float:
        name = "feed_request_seconds_count"
        return metric_value(name, operation="Unread", kind="query", cached="no")

    other = await open_socket(address)
    client = await open_socket(address)
    client.transport.pause_reading()
    for number in range(count):
        subscribe(client, query, id=str(number))
    same, before = 0, 0.0
    while same < 4 * ROUNDS:
        other.send(framed({"type": "ping"}))
        await other.receives(b"pong")
        now = answered()
        same, before = (same + 1 if now == before > 0 else 0), now
    assert before < count / 2
    client.transport.resume_reading()
    await client.receives(b'"complete"', count)
    for each in (client, other):
        each.transport.close()


async def test_the_last_of_many_pings_is_answered(address: str) -> None:
    other = await open_socket(address)
    client = await open_socket(address)
    client.transport.pause_reading()
    count = 120_000
    client.send((b"\x89\xfd" + MASK + b"x" * 125) * count + b"\x89\x84" + MASK + b"last")
    while await unread(client, other):
        pass
    client.transport.resume_reading()
    async with asyncio.timeout(MAX_SECONDS):
        while not client.received.endswith(b"\x8a\x04last"):  # noqa: ASYNC110  # no event to wait for
            await asyncio.sleep(0.01)
    assert len(client.received) < 127 * count, bytes(client.received[-20:])
    for each in (client, other):
        each.transport.close()
