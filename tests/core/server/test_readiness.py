"""`/readyz` reports whether the server can serve, and which services are missing."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
from redis import Redis
from redis.exceptions import ResponseError

from core.devserver.folder_locks import folder_lock
from core.devserver.ports import free_port
from core.devserver.servers import running_servers
from core.devserver.valkey import Valkey
from tests.core.server.served import TIMEOUT, Served, metrics_of, served
from tests.live.world import eventually, operation
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


REFUSING: dict[str, list[tuple[str, str | int]]] = {
    "full": [("maxmemory-policy", "noeviction"), ("maxmemory", 1)],
    "without replicas": [("min-replicas-to-write", 1)],
}
"""What makes the cache refuse writes."""


@pytest.mark.parametrize("why", [*REFUSING, "read only"])
async def test_a_cache_that_refuses_writes_is_as_one_that_is_away(
    server: tuple[Served, httpx.AsyncClient], valkey: Valkey, why: str
) -> None:
    _, client = server
    with Redis.from_url(valkey.url) as administrator:
        for setting in REFUSING.get(why, []):
            administrator.config_set(*setting)
        if why == "read only":
            administrator.replicaof("127.0.0.1", str(free_port()))
        with pytest.raises(ResponseError):
            administrator.set("x", "y")
    answer = await client.get("/readyz")
    assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
    assert answer.json()["cache"] == "refuses writes"
    new = {"login": "nobody", "password": "hush nobody's"}
    for sent in (
        {"query": "{ publicFeed(first: 1) { edges { cursor } } }"},
        {"query": operation("SignIn"), "variables": {"input": new}},
    ):
        assert "errors" not in (await client.post("/graphql/", json=sent)).json()


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
