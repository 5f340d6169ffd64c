"""A query ends in PostgreSQL when its client goes away or its time is up; a mutation goes on."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing
from http.client import HTTPConnection

import pytest

from core.database.database import Database
from core.server.uvicorn_http import CONTINUE, PRESENCE_SECONDS
from tests.live.raw_clients import RawClient, open_socket, subscribe
from tests.live.world import TIMEOUT, SignedInUser, eventually, operation, serving, signed_in

READ = "{ publicFeed(first: 3) { edges { node { id } } } }"
WAITING = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND state = 'active' AND wait_event_type = 'Lock'
"""
WAITING_SINCE = WAITING.replace("count(*)", "query_start")
SOON = 20.0
"""Seconds; much less than the timeout of a request in these tests."""


@pytest.fixture(scope="module")
def address(django_db_setup: None) -> Iterator[str]:
    with serving(request_seconds=60, byte_cache_seconds=1.0, pool_size=3) as address:
        yield address


@asynccontextmanager
async def posts_locked(database: Database) -> AsyncIterator[None]:
    """Within it all statements on posts wait."""
    async with database.transaction() as transaction:
        await transaction.fetch("LOCK TABLE posts IN ACCESS EXCLUSIVE MODE")
        yield


async def statements_wait(database: Database, count: int, seconds: float = 20.0) -> None:
    """Returns when so many statements wait for a lock."""

    async def wait() -> bool:
        return bool((await database.fetch(WAITING))[0][0] == count)

    await eventually(wait, seconds=seconds)


def request(query: str, user: SignedInUser | None = None, **variables: object) -> bytes:
    body = json.dumps({"query": query, "variables": variables}).encode()
    token = f"Authorization: {user.authorization}\r\n" if user else ""
    head = (
        "POST /graphql/ HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        f"{token}Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


@pytest.mark.parametrize("ends", ["closes", "resets"])
@pytest.mark.parametrize("is_signed_in", [True, False])
async def test_a_query_ends_with_its_client(
    address: str, database: Database, ends: str, is_signed_in: bool
) -> None:
    user = (await signed_in(database, 1))[0] if is_signed_in else None
    async with posts_locked(database):
        clients = [await RawClient.connect(address) for _ in range(3)]
        for number, client in enumerate(clients):
            client.send(request(f"# {number}\n{READ}", user))
            await statements_wait(database, number + 1)  # Else they would share a joint read.
        for client in clients:
            if ends == "closes":
                client.transport.close()
            else:
                client.reset()
        await statements_wait(database, 0, SOON)
    after = await RawClient.connect(address)
    after.send(request(f"# after\n{READ}"))
    await after.receives(b'"publicFeed"')
    after.transport.close()


@pytest.mark.parametrize("version", ["1.1", "1.0"])
async def test_a_client_that_only_ends_its_sending_side_gets_its_answer(
    address: str, database: Database, version: str
) -> None:
    client = await RawClient.connect(address)
    async with posts_locked(database):
        client.send(
            request(f"# {version}\n{READ}").replace(b"HTTP/1.1", b"HTTP/" + version.encode())
        )
        client.transport.write_eof()
        await statements_wait(database, 1)
        if version == "1.0":
            await asyncio.sleep(2 * PRESENCE_SECONDS)
            assert not client.received
        else:
            await client.receives(CONTINUE)
            await asyncio.sleep(PRESENCE_SECONDS)
            assert not client.received
        assert (await database.fetch(WAITING))[0][0] == 1
    await client.receives(b'"publicFeed"')
    await client.is_lost()


async def test_a_library_reads_the_answer_after_the_interim_response(
    address: str, database: Database
) -> None:
    client = HTTPConnection(address, timeout=TIMEOUT)

    def ask() -> bytes:
        body = json.dumps({"query": f"# of a library\n{READ}"})
        client.request("POST", "/graphql/", body, {"content-type": "application/json"})
        client.sock.shutdown(socket.SHUT_WR)
        with client.getresponse() as response:
            assert response.status == 200
            return response.read()

    with closing(client):
        async with posts_locked(database):
            asking = asyncio.create_task(asyncio.to_thread(ask))
            await statements_wait(database, 1)
            _, waiting = await asyncio.wait([asking], timeout=2 * PRESENCE_SECONDS)
            assert waiting
        assert b'"publicFeed"' in await asking


async def test_equal_queries_outlive_the_client_that_came_first(
    address: str, database: Database
) -> None:
    """They share one execution."""
    first, *others = [await RawClient.connect(address) for _ in range(3)]
    async with posts_locked(database):
        first.send(request(READ))
        await statements_wait(database, 1)
        for other in others:
            other.send(request(READ))
        await asyncio.sleep(0.1)
        begun = await database.fetch(WAITING_SINCE)
        first.reset()

        async def is_begun_again() -> bool:
            return await database.fetch(WAITING_SINCE) not in ([], begun)

        await eventually(is_begun_again)
    for other in others:
        await other.receives(b'"publicFeed"')
        other.transport.close()


async def test_a_query_over_a_websocket_ends_with_it(address: str, database: Database) -> None:
    async with posts_locked(database):
        client = await open_socket(address)
        subscribe(client, READ)
        await statements_wait(database, 1)
        client.reset()
        await statements_wait(database, 0, SOON)


async def test_a_mutation_is_completed_without_its_client(address: str, database: Database) -> None:
    [user] = await signed_in(database, 1)
    async with posts_locked(database):
        client = await RawClient.connect(address)
        client.send(request(operation("CreatePost"), user, input={"text": "later"}))
        await statements_wait(database, 1)
        client.reset()
        await asyncio.sleep(0.1)
        assert (await database.fetch(WAITING))[0][0] == 1

    async def is_written() -> bool:
        return bool(await database.fetch("SELECT FROM posts WHERE text = 'later'"))

    await eventually(is_written)


@pytest.mark.usefixtures("django_db_setup")
async def test_a_query_ends_when_its_time_is_up(database: Database) -> None:
    with serving(request_seconds=0.5) as address:
        async with posts_locked(database):
            client = await RawClient.connect(address)
            client.send(request(READ))
            await statements_wait(database, 1)
            await client.receives(b'"TIMEOUT"')
            await statements_wait(database, 0, SOON)
            client.transport.close()
