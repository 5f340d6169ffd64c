"""`/readyz` reports whether the server can serve, and which services are missing."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from redis import Redis
from redis.exceptions import ResponseError

from core.database.database import Database
from core.devserver.folder_locks import folder_lock
from core.devserver.ports import free_port
from core.devserver.servers import running_servers
from core.devserver.valkey import Valkey
from tests.core.server.served import TIMEOUT, Served, metrics_of, served
from tests.live.relay import relay
from tests.live.world import eventually, operation
from tests.paths import ROOT


@pytest.fixture(scope="module")
def valkey() -> Iterator[Valkey]:
    """A cache of these tests' own."""
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


@pytest.fixture(scope="module")
async def server(
    django_db_setup: None, valkey: Valkey, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Served]:
    with served(tmp_path_factory.mktemp("server"), REDIS_URL=valkey.url) as server:
        await server.becomes_ready(1)
        yield server


@pytest.fixture
async def client(server: Served) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=f"http://{server.address}", timeout=TIMEOUT) as client:
        yield client


READY = {"status": "ready", "database": "reachable", "writes": "accepted", "cache": "reachable"}
REFUSING: dict[str, list[tuple[str, str | int]]] = {
    "full": [("maxmemory-policy", "noeviction"), ("maxmemory", 1)],
    "without replicas": [("min-replicas-to-write", 1)],
    "read only": [],
}
"""What makes the cache refuse writes, as its settings."""


@contextmanager
def refusing(valkey: Valkey, why: str) -> Iterator[None]:
    """Within it the cache refuses writes."""
    with Redis.from_url(valkey.url) as administrator:
        before = {name: administrator.config_get(name)[name] for name, _ in REFUSING[why]}
        for name, value in REFUSING[why]:
            administrator.config_set(name, value)
        if why == "read only":
            administrator.replicaof("127.0.0.1", str(free_port()))
        with pytest.raises(ResponseError):
            administrator.set("x", "y")
        yield
        administrator.replicaof("NO", "ONE")
        for name, value in before.items():
            administrator.config_set(name, value)


async def failing(client: httpx.AsyncClient) -> set[str]:
    """The probes that fail, as the metric has it."""
    return {
        labels[0]
        for (name, *labels), value in (await metrics_of(client)).items()
        if name == "feed_probe_failing" and value
    }


@pytest.mark.parametrize("why", REFUSING)
async def test_a_cache_that_refuses_writes_is_as_one_that_is_away(
    client: httpx.AsyncClient, valkey: Valkey, why: str
) -> None:
    assert (await client.get("/readyz")).json() == READY
    with refusing(valkey, why):
        answer = await client.get("/readyz")
        assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
        assert answer.json()["cache"] == "refuses writes"
        assert await failing(client) == {"cache writes"}
        new = {"login": "nobody", "password": "hush nobody's"}
        for sent in (
            {"query": "{ publicFeed(first: 1) { edges { cursor } } }"},
            {"query": operation("SignIn"), "variables": {"input": new}},
        ):
            assert "errors" not in (await client.post("/graphql/", json=sent)).json()


async def test_without_the_cache_the_server_is_ready_and_says_that_it_is_degraded(
    client: httpx.AsyncClient, valkey: Valkey
) -> None:
    async def is_degraded(state: float) -> bool:
        return (await metrics_of(client))["feed_cache_degraded",] == state

    answer = await client.get("/readyz")
    assert (answer.status_code, answer.json()) == (200, READY)
    await eventually(lambda: is_degraded(0))

    valkey.stop()
    answer = await client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json() == {**READY, "status": "degraded", "cache": "unreachable"}
    await eventually(lambda: is_degraded(1))
    query = {"query": "{ publicFeed(first: 1) { edges { cursor } } }"}
    assert "errors" not in (await client.post("/graphql/", json=query)).json()

    valkey.start()
    valkey.wait()
    await eventually(lambda: is_degraded(0))
    answer = await client.get("/readyz")
    assert (answer.status_code, answer.json()) == (200, READY)


@pytest.mark.parametrize("processes", [1, 2])
async def test_a_database_that_is_away_is_in_the_metrics_without_a_request(
    database: Database, tmp_path: Path, processes: int
) -> None:
    with (
        relay(os.environ["DATABASE_URL"]) as between,
        served(tmp_path, processes, DATABASE_URL=between.url) as server,
    ):
        await server.becomes_ready(processes)
        address = f"http://{server.address}"
        async with httpx.AsyncClient(base_url=address, timeout=TIMEOUT) as client:

            async def are_failing(*probes: str) -> bool:
                return await failing(client) == set(probes)

            await eventually(are_failing)
            between.cut()
            await eventually(lambda: are_failing("database"))
            between.open()
            await eventually(are_failing)
