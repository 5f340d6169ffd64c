"""`/readyz` reports whether the server can serve, and which services are missing."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest

from core.devserver.folder_locks import folder_lock
from core.devserver.servers import running_servers
from core.devserver.valkey import Valkey
from tests.core.server.served import TIMEOUT, Served, metrics_of, served
from tests.live.world import eventually
from tests.paths import ROOT


@pytest.fixture
def valkey() -> Iterator[Valkey]:
    """A cache of the test's own."""
    parent = ROOT / ".data" / "tests"
    folder = parent / "readiness"
    folder.mkdir(parents=True, exist_ok=True)
    with (
        folder_lock(folder, "a test of readiness"),
        running_servers(
            folder, durable=False, given={"DATABASE_URL": os.environ["DATABASE_URL"]}
        ) as servers,
    ):
        (cache,) = servers.started
        assert isinstance(cache, Valkey)
        yield cache


@pytest.fixture
async def server(
    django_db_setup: None, valkey: Valkey, tmp_path: Path
) -> AsyncIterator[tuple[Served, httpx.AsyncClient]]:
    with served(tmp_path, REDIS_URL=valkey.url) as server:
        await server.becomes_ready(1)
        async with httpx.AsyncClient(
            base_url=f"http://{server.address}", timeout=TIMEOUT
        ) as client:
            yield server, client


async def test_without_the_cache_the_server_is_ready_and_says_that_it_is_degraded(
    server: tuple[Served, httpx.AsyncClient], valkey: Valkey
) -> None:
    _, client = server

    async def is_degraded(state: float) -> bool:
        return (await metrics_of(client))["feed_cache_degraded",] == state

    ready = {
        "status": "ready",
        "database": "reachable",
        "writes": "accepted",
        "cache": "reachable",
    }
    answer = await client.get("/readyz")
    assert (answer.status_code, answer.json()) == (200, ready)
    await eventually(lambda: is_degraded(0))

    valkey.stop()
    answer = await client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json() == {**ready, "status": "degraded", "cache": "unreachable"}
    await eventually(lambda: is_degraded(1))
    query = {"query": "{ publicFeed(first: 1) { edges { cursor } } }"}
    assert "errors" not in (await client.post("/graphql/", json=query)).json()

    valkey.start()
    valkey.wait()
    await eventually(lambda: is_degraded(0))
    answer = await client.get("/readyz")
    assert (answer.status_code, answer.json()) == (200, ready)
