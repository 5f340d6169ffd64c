"""`/metrics` and the log of a server in production say what was asked of it, by operation."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from prometheus_client import REGISTRY
from prometheus_client.parser import text_string_to_metric_families

from core.database.database import Database
from core.graphql.request_record import RequestRecord
from core.server.request_log import RequestLog
from core.server.request_metrics import MAX_NAMES, RequestMetrics
from tests.core.server.served import TIMEOUT, Served, served
from tests.interactions.cast import create_posts
from tests.live.world import SignedInUser, eventually, operation, signed_in
from tests.metrics import metric_value

PRODUCTION = {"DEBUG": "false", "ALLOWED_HOSTS": "127.0.0.1", "SLOW_STATEMENT_SECONDS": "0.02"}


class Samples:
    """The samples of `/metrics`."""

    def __init__(self, text: str) -> None:
        self.values = {
            (sample.name, frozenset(sample.labels.items())): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }

    def __call__(self, name: str, **labels: str) -> float:
        """The value of the sample with these labels; 0 if there is none."""
        return self.values.get((name, frozenset(labels.items())), 0.0)


@pytest.fixture(scope="module")
async def server(
    django_db_setup: None, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Served]:
    with served(tmp_path_factory.mktemp("server"), 1, **PRODUCTION) as running:
        await running.becomes_ready(1)
        yield running


@pytest.fixture
async def client(server: Served, database: Database) -> AsyncIterator[httpx.AsyncClient]:
    base_url = f"http://{server.address}"
    async with httpx.AsyncClient(base_url=base_url, timeout=TIMEOUT) as opened:
        yield opened


async def ask(
    client: httpx.AsyncClient, name: str, user: SignedInUser | None = None, **variables: Any
) -> httpx.Response:
    headers = {} if user is None else {"authorization": user.authorization}
    sent = {"query": operation(name), "operationName": name, "variables": variables}
    return await client.post("/graphql/", json=sent, headers=headers)


async def metrics(client: httpx.AsyncClient) -> Samples:
    return Samples((await client.get("/metrics")).text)


async def metrics_when(client: httpx.AsyncClient, holds: Callable[[Samples], object]) -> Samples:
    """The metrics, as soon as they hold: processes export them once a second."""
    deadline = time.monotonic() + TIMEOUT
    while not holds(found := await metrics(client)):
        assert time.monotonic() < deadline, found.values
        await asyncio.sleep(0.1)
    return found


def lines(server: Served, **fields: Any) -> list[dict[str, Any]]:
    """The lines of the log with these fields. Every line is a JSON object."""
    read = [json.loads(line) for line in server.logged().splitlines()]
    return [line for line in read if line.items() >= fields.items()]


async def line_of(server: Served, **fields: Any) -> dict[str, Any]:
    """The only line with these fields, as soon as it is written."""
    deadline = time.monotonic() + TIMEOUT
    while not (found := lines(server, **fields)):
        assert time.monotonic() < deadline, server.logged()
        await asyncio.sleep(0.02)
    [line] = found
    return line


async def test_requests_statements_and_errors_are_counted_by_name(
    client: httpx.AsyncClient, database: Database
) -> None:
    [user] = await signed_in(database, 1)
    [post] = await create_posts(database, user.key, 1)
    before = await metrics(client)

    def requests(found: Samples, operation: str, cached: str) -> float:
        name = "feed_request_seconds_count"
        labels = {"operation": operation, "kind": "query", "cached": cached}
        return found(name, **labels) - before(name, **labels)

    async def is_answered_by_a_kept_response() -> bool:
        assert (await ask(client, "PublicFeed", first=5)).status_code == 200
        return requests(await metrics(client), "PublicFeed", "yes") == 1

    assert (await ask(client, "HomeFeed", user, first=5)).status_code == 200
    # One is kept for a second, after which a busy machine may ask again.
    assert await eventually(is_answered_by_a_kept_response)
    refused = await ask(client, "HomeFeed")
    assert refused.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    assert (await client.post("/graphql/", json={"query": "{ nothing }"})).status_code == 200
    too_deep = {
        "query": "{ post(id: 1) { comments { edges { node { post { comments { edges { node "
        "{ post { comments { edges { node { id } } } } } } } } } } } } }"
    }
    await client.post("/graphql/", json=too_deep)
    await ask(client, "CreatePost", user, input={"text": ""})
    await ask(client, "LikePost", user, input={"postId": post_id(post)})
    after = await metrics(client)

    def grown(name: str, **labels: str) -> float:
        return after(name, **labels) - before(name, **labels)

    assert requests(after, "HomeFeed", "no") == 2
    assert requests(after, "PublicFeed", "no") >= 1
    assert requests(after, "PublicFeed", "yes") == 1
    labels = {"operation": "HomeFeed", "kind": "query", "cached": "no"}
    assert 0 < grown("feed_request_seconds_sum", **labels) < TIMEOUT
    failed = "feed_request_errors_total"
    assert grown(failed, operation="HomeFeed", code="UNAUTHENTICATED") == 1
    assert grown(failed, operation="(invalid)", code="GRAPHQL_VALIDATION_FAILED") == 1
    assert grown(failed, operation="(invalid)", code="LIMIT_EXCEEDED") == 1
    assert grown("feed_limits_reached_total", limit="depth") == 1
    assert grown("feed_user_errors_total", code="INVALID_INPUT") == 1
    assert grown("feed_documents_parsed_total", result="invalid") == 2
    count = "feed_statement_seconds_count"
    names = [dict(key[1])["statement"] for key in after.values if key[0] == count]
    assert any(name.startswith("home_feed") for name in names), names
    rows = "feed_group_commit_rows_sum"
    likes = [dict(key[1])["statement"] for key in after.values if key[0] == rows]
    assert sum(grown(rows, statement=name) for name in likes) == 1, likes
    assert after("feed_pool_connections", state="allowed") == 4
    assert after("feed_pool_waiting") == 0
    await metrics_when(client, lambda found: found("feed_sockets", protocol="http") >= 1)


def post_id(key: int) -> str:
    from core.ids import global_id  # noqa: PLC0415

    return global_id("Post", key)


async def test_a_request_has_one_line_with_what_it_cost(
    client: httpx.AsyncClient, server: Served, database: Database
) -> None:
    [user] = await signed_in(database, 1)
    headers = {"authorization": user.authorization, "x-request-id": "from-a-proxy"}
    sent = {"query": operation("HomeFeed"), "operationName": "HomeFeed"}
    answer = await client.post("/graphql/", json=sent, headers=headers)
    assert answer.headers["x-request-id"] == "from-a-proxy"
    line = await line_of(server, request="from-a-proxy", logger="request")
    expected = {
        "level": "INFO",
        "logger": "request",
        "operation": "HomeFeed",
        "kind": "query",
        "user": user.key,
        "status": 200,
    }
    assert line.items() >= expected.items()
    assert line["statements"] >= 1
    assert line["cost"] > 20
    assert 0 < line["ms"] < TIMEOUT * 1_000
    assert re.fullmatch(r"[0-9a-f]{16}", line["document"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+Z", line["time"])


async def test_an_error_names_its_request(client: httpx.AsyncClient, server: Served) -> None:
    ids = set()
    for body in ({"query": "{"}, {"query": "{ homeFeed { edges { cursor } } }"}, {"query": 1}):
        answer = await client.post("/graphql/", json=body)
        id = answer.headers["x-request-id"]
        [error] = answer.json()["errors"]
        assert error["extensions"]["requestId"] == id
        line = await line_of(server, request=id, logger="request")
        assert line["errors"] == [error["extensions"]["code"]]
        ids.add(id)
    assert len(ids) == 3


async def test_a_slow_statement_is_logged_with_its_document(
    client: httpx.AsyncClient, server: Served, database: Database
) -> None:
    [user] = await signed_in(database, 1)
    async with database.transaction() as transaction:
        await transaction.fetch("LOCK TABLE posts")
        asking = asyncio.create_task(ask(client, "CreatePost", user, input={"text": "late"}))
        waiting = "SELECT FROM pg_locks WHERE NOT granted AND relation = 'posts'::regclass"
        async with asyncio.timeout(TIMEOUT):
            while not await database.fetch(waiting):  # noqa: ASYNC110  # the lock is seen by asking
                await asyncio.sleep(0.01)
        await asyncio.sleep(0.05)  # What is measured: longer than SLOW_STATEMENT_SECONDS.
    id = (await asking).headers["x-request-id"]
    request = await line_of(server, request=id, logger="request")
    slow = await line_of(server, request=id, logger="core.database.statement_metrics")
    assert slow["message"].startswith("Slow statement post_create: ")
    assert f"operation CreatePost, document {request['document']}" in slow["message"]


async def test_a_query_whose_client_has_gone_has_a_line_too(
    client: httpx.AsyncClient, server: Served, database: Database
) -> None:
    headers = {"x-request-id": "gone"}
    sent = {"query": "# of a client that leaves\n{ publicFeed { edges { cursor } } }"}
    async with database.transaction() as transaction:
        await transaction.fetch("LOCK TABLE posts")
        asking = asyncio.create_task(client.post("/graphql/", json=sent, headers=headers))
        waiting = "SELECT FROM pg_locks WHERE NOT granted AND relation = 'posts'::regclass"
        async with asyncio.timeout(TIMEOUT):
            while not await database.fetch(waiting):  # noqa: ASYNC110  # the lock is seen by asking
                await asyncio.sleep(0.01)
        asking.cancel()  # httpx closes the connection.
        line = await line_of(server, request="gone", logger="request")
    assert line["status"] == 499
    assert line["operation"] == "publicFeed"


async def test_processes_are_counted_together(tmp_path: Path, database: Database) -> None:
    with served(tmp_path, 2, **PRODUCTION, BYTE_CACHE_SECONDS="0") as server:
        await server.becomes_ready(2)
        base_url = f"http://{server.address}"
        for _ in range(6):  # Each connection is accepted by one of the processes.
            async with httpx.AsyncClient(base_url=base_url, timeout=TIMEOUT) as client:
                for _ in range(5):
                    assert (await ask(client, "PublicFeed")).status_code == 200
        labels = {"operation": "PublicFeed", "kind": "query", "cached": "no"}

        def count(found: Samples) -> float:
            return found("feed_request_seconds_count", **labels)

        async with httpx.AsyncClient(base_url=base_url, timeout=TIMEOUT) as client:
            found = await metrics_when(client, lambda found: count(found) >= 30)
        assert count(found) == 30
        assert found("feed_pool_connections", state="allowed") == 8


def record(name: str = "Q", *codes: str, seconds: float = 0.001) -> RequestRecord:
    """A query that was answered."""
    chosen: Any = SimpleNamespace(
        label=name, kind="query", root_label="publicFeed", log_fields={"operation": name}
    )
    answered = RequestRecord("id", chosen)
    answered.codes, answered.seconds = codes, seconds
    return answered


def test_names_that_clients_choose_are_bounded() -> None:
    metrics = RequestMetrics()
    for number in range(MAX_NAMES + 50):
        metrics.observe(record(f"Name{number}", "NOT_FOUND"))
    names = {
        sample.labels["operation"]
        for family in REGISTRY.collect()
        if family.name == "feed_request_seconds"
        for sample in family.samples
        if sample.labels["operation"].startswith("Name")
        or sample.labels["operation"] == "publicFeed"
    }
    assert len(names) == MAX_NAMES + 1
    errors = metric_value("feed_request_errors_total", operation="publicFeed", code="NOT_FOUND")
    assert errors == 50


async def test_a_fraction_of_requests_is_logged_and_every_slow_or_failed_one(
    capsys: pytest.CaptureFixture[str],
) -> None:
    log = RequestLog("INFO", fraction=0.0, slow_seconds=0.5)
    log.observe(record())
    log.observe(record("Refused", "NOT_FOUND"))
    log.observe(record("Failed", "INTERNAL"))
    log.observe(record("Slow", seconds=0.6))
    log.flush()
    written = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [(line["operation"], line["level"]) for line in written] == [
        ("Failed", "WARNING"),
        ("Slow", "WARNING"),
    ]
    log = RequestLog("ERROR", fraction=1.0, slow_seconds=0.5)
    log.observe(record("Failed", "INTERNAL"))
    log.observe(record("Slow", seconds=0.6))
    log.flush()
    assert capsys.readouterr().err == ""
    log = RequestLog("INFO", fraction=0.5, slow_seconds=1.0)
    for _ in range(2_000):
        log.observe(record())
    log.flush()
    assert 800 < len(capsys.readouterr().err.splitlines()) < 1_200
