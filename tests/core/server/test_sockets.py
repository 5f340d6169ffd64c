"""Sockets that bring no request, or too many of them, are closed; what is under way is not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from functools import partial
from itertools import cycle
from typing import Any

import httpx
import pytest

from core.database.database import Database
from core.server.socket_limits import SocketsByAddress, TooManySockets
from core.server.uvicorn_http import MAX_HEAD_BYTES, HTTPProtocol
from tests.benchmarks.live_clients import HANDSHAKE
from tests.core.graphql.schema import Calls
from tests.core.graphql.server import running
from tests.core.server.served import Served, metrics_of, served
from tests.live.raw_clients import RawClient, open_socket
from tests.live.world import eventually, open_websocket

HEAD_SECONDS = 2.0
SOON = 30.0
"""Seconds within which a connection is closed that has to be, on a busy machine."""
MANY = 200
BOUND = 6
REQUEST = b"GET /at-once HTTP/1.1\r\nHost: x\r\n\r\n"
SLOW = b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n"
CHUNKED = b"POST /at-once HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
REFUSED_BODY = b"POST /at-once HTTP/1.1\r\nHost: x\r\nContent-Length: 9999\r\n\r\n"


async def application(scope: Any, receive: Any, send: Any) -> None:
    """Answers without a look at the body; on one path slowly, in two parts."""
    headers = [(b"content-length", b"2")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"o", "more_body": True})
    if scope["path"] == "/slow":
        await asyncio.sleep(2.5 * HEAD_SECONDS)
    await send({"type": "http.response.body", "body": b"k"})


@pytest.fixture(scope="module")
def hurried() -> Iterator[str]:
    """The address of a server that does not wait long for a head."""
    http = partial(HTTPProtocol, head_seconds=HEAD_SECONDS)
    with running(application, Calls(), http) as server:
        yield f"127.0.0.1:{server.port}"


async def drips(client: RawClient, data: bytes) -> None:
    """Sends a byte at a time, again and again, until the connection is closed."""
    for number in cycle(range(len(data))):
        if client.transport.is_closing():
            return
        client.send(data[number : number + 1])
        await asyncio.sleep(HEAD_SECONDS / 4)


@pytest.mark.parametrize(
    ("before", "dripped"),
    [
        (b"", b""),
        (b"", b"GET / HTTP/1.1\r\n" + b"X-Header: a\r\n" * 100),
        (b"", b"\r\n"),
        (REQUEST, b"GET / HTTP/1.1\r\n" + b"X-Header: a\r\n" * 100),
        (REQUEST + REQUEST + b"GE", b"T / HTTP/1.1\r\n" + b"X-Header: a\r\n" * 100),
        (REFUSED_BODY, b"x" * 1_000),
    ],
    ids=["silent", "first head", "empty lines", "next head", "head behind others", "refused body"],
)
async def test_who_brings_no_request_is_closed_and_hinders_nobody(
    hurried: str, before: bytes, dripped: bytes
) -> None:
    clients, dripping = [], []
    for _ in range(MANY):
        clients.append(client := await RawClient.connect(hurried))
        if before:
            client.send(before)
            await client.receives(b"ok", before.count(b" HTTP/"))
        if dripped:
            dripping.append(asyncio.create_task(drips(client, dripped)))
    async with httpx.AsyncClient(base_url=f"http://{hurried}", timeout=SOON) as other:
        assert (await other.get("/at-once")).text == "ok"
    async with asyncio.timeout(SOON):
        for client in clients:
            await client.is_lost()
        await asyncio.gather(*dripping)


async def test_what_takes_long_to_answer_is_not_cut(hurried: str) -> None:
    client = await RawClient.connect(hurried)
    client.send(SLOW + REQUEST)
    await client.receives(b"ok", 2)
    # A connection that is kept alive may be silent for longer than a head may take.
    await asyncio.sleep(1.5 * HEAD_SECONDS)
    client.send(REQUEST[:9])
    await asyncio.sleep(HEAD_SECONDS / 4)
    client.send(REQUEST[9:])
    await client.receives(b"ok")
    client.transport.close()


@pytest.mark.parametrize(
    ("before", "repeated", "refusal"),
    [
        (b"GET / HTTP/1.1\r\n", b"a: b\r\n", b"REQUEST_TOO_LARGE"),
        (b"GET / HTTP/1.1\r\nX: ", b"a", b"REQUEST_TOO_LARGE"),
        (b"GET /", b"a", b"HTTP/1.1 4"),
        (REQUEST + b"GET / HTTP/1.1\r\nX: ", b"a", b"REQUEST_TOO_LARGE"),
        (SLOW + b"GET / HTTP/1.1\r\nX: ", b"a", b""),
        (CHUNKED + b"1;", b"a", b"REQUEST_TOO_LARGE"),
        (CHUNKED + b"0\r\n", b"a: b\r\n", b"REQUEST_TOO_LARGE"),
    ],
    ids=[
        "headers",
        "header",
        "url",
        "next head",
        "head behind a slow one",
        "extension",
        "trailers",
    ],
)
async def test_who_sends_a_head_without_end_is_closed(
    hurried: str, before: bytes, repeated: bytes, refusal: bytes
) -> None:
    client = await RawClient.connect(hurried)
    client.send(before)
    sent = 0
    while not client.transport.is_closing():
        client.send(repeated * 5_000)
        sent += len(repeated) * 5_000
        await asyncio.sleep(0.01)
        assert sent < 20 * MAX_HEAD_BYTES
    await client.is_lost()
    if refusal:
        await client.receives(refusal)


@pytest.fixture(scope="module")
async def server(
    django_db_setup: None, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Served]:
    """The whole server, which does not wait long either."""
    seconds = {"REQUEST_HEAD_SECONDS": "2", "REQUEST_BODY_SECONDS": "2"}
    with served(tmp_path_factory.mktemp("server"), 1, **seconds) as running:
        await running.becomes_ready(1)
        yield running


async def test_the_server_closes_them_counts_them_and_keeps_its_live_connections(
    database: Database, server: Served
) -> None:
    async with AsyncExitStack() as stack:
        live = await stack.enter_async_context(open_websocket(server.address))
        await live.start()
        silent = [await RawClient.connect(server.address) for _ in range(MANY)]
        half = [await RawClient.connect(server.address) for _ in range(MANY)]
        for client in half:
            client.send(HANDSHAKE[:40])
        async with asyncio.timeout(SOON):
            for client in silent + half:
                await client.is_lost()
        await live.send(type="ping")
        assert await live.receive() == {"type": "pong"}
        asking = httpx.AsyncClient(base_url=f"http://{server.address}", timeout=SOON)
        found = await metrics_of(await stack.enter_async_context(asking))
    assert found["feed_http_connections_cut_off_total", "no request in time"] == 2 * MANY
    await server.logs("no complete request head within 2 s")
    assert server.logged().count("no complete request head") < MANY
    assert "Traceback" not in server.logged()


async def taken(address: str, local: str) -> RawClient | None:
    """A socket that is served and stays open; None if it is refused."""
    client = await RawClient.connect(address, local=local)
    client.send(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
    try:
        await client.receives(b"HTTP/1.1 200")
    except EOFError:
        return None
    return client


@pytest.fixture(scope="module")
async def bounded(
    django_db_setup: None, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Served]:
    """A server that serves so many sockets of an address, but any number of 127.0.0.1."""
    bound = {"SOCKETS_PER_ADDRESS": str(BOUND), "TRUSTED_PROXIES": "127.0.0.1"}
    with served(tmp_path_factory.mktemp("bounded"), 1, **bound) as running:
        await running.becomes_ready(1)
        yield running


async def test_sockets_are_bounded_by_address(bounded: Served) -> None:
    address, local = bounded.address, "127.0.0.2"
    opened = [await RawClient.connect(address, local=local) for _ in range(BOUND - 2)]
    opened += [await open_socket(address, local=local) for _ in range(2)]
    refused = await RawClient.connect(address, local=local)
    await refused.receives(b"TOO_MANY_CONNECTIONS")
    await refused.is_lost()
    other = await taken(address, "127.0.0.3")
    assert other is not None
    other.transport.close()
    # Each kind gives its place back, however it ends, and no more than that.
    for ends in ("reset", "close"):
        for client in (opened.pop(0), opened.pop()):
            if ends == "reset":
                client.reset()
            else:
                client.transport.close()
            again = await eventually(partial(taken, address, local))
            assert again is not None
            opened.insert(1, again)
            assert await taken(address, local) is None
    for client in opened:
        client.transport.close()
    assert "Traceback" not in bounded.logged()


async def test_sockets_of_a_trusted_proxy_are_not_counted(bounded: Served) -> None:
    opened = [await taken(bounded.address, "127.0.0.1") for _ in range(2 * BOUND)]
    opened += [await taken(bounded.address, "127.0.0.4") for _ in range(BOUND)]
    assert await taken(bounded.address, "127.0.0.4") is None
    for client in opened:
        assert client is not None
        client.transport.close()


def test_addresses_of_one_network_are_bounded_together() -> None:
    sockets = SocketsByAddress(2, ["2001:db8:ffff::/48"])
    leave = sockets.enter("2001:db8::1")
    sockets.enter("2001:db8::2")
    with pytest.raises(TooManySockets, match="2001:db8::/64"):
        sockets.enter("2001:db8::3")
    sockets.enter("2001:db8:0:1::3")
    assert sockets.enter("2001:db8:ffff::1") is None
    assert leave is not None
    leave()
    sockets.enter("2001:db8::3")


async def test_a_form_for_the_admin_is_bounded(database: Database, server: Served) -> None:
    for length, status in ((100, 408), (9_999_999_999, 413)):
        client = await RawClient.connect(server.address)
        head = f"POST /admin/login/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n\r\n"
        client.send(head.encode())
        await client.receives(f"HTTP/1.1 {status}".encode())
        await client.is_lost()
    assert "Traceback" not in server.logged()
