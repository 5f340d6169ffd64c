"""Requests are traced to an OpenTelemetry collector, and faults reported to Sentry, where settings name them."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from core.database.database import Database
from core.server.telemetry import MAX_TRACES_A_SECOND, Telemetry
from tests.commands import output_of
from tests.core.server.receiver import Receiver, receiving
from tests.core.server.served import TIMEOUT, served
from tests.interactions.cast import create_posts
from tests.live.world import operation, signed_in

PRODUCTION = {"DEBUG": "false", "ALLOWED_HOSTS": "127.0.0.1"}
TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = "b7ad6b7169203331"


def received_spans(receiver: Receiver) -> list[Span]:
    """The spans of the next export."""
    path, body = receiver.posts.get(timeout=TIMEOUT)
    assert path == "/v1/traces"
    export = ExportTraceServiceRequest.FromString(body)
    [resource] = export.resource_spans
    names = {each.key: each.value.string_value for each in resource.resource.attributes}
    assert names["service.name"] == "feed"
    return [span for scope in resource.scope_spans for span in scope.spans]


def attributes(span: Span) -> dict[str, Any]:
    found = {}
    for each in span.attributes:
        kind = each.value.WhichOneof("value")
        assert kind is not None
        found[each.key] = getattr(each.value, kind)
    return found


async def test_a_request_is_traced_down_to_its_statements(
    tmp_path: Path, database: Database
) -> None:
    [user] = await signed_in(database, 1)
    await create_posts(database, user.key, 2)
    with receiving() as receiver:
        url = f"http://127.0.0.1:{receiver.port}"
        with served(tmp_path, 1, **PRODUCTION, TRACES_URL=url, TRACES_SAMPLED="0") as server:
            await server.becomes_ready(1)
            headers = {"authorization": user.authorization}
            sent = {"query": operation("HomeFeed"), "operationName": "HomeFeed"}
            base_url = f"http://{server.address}"
            async with httpx.AsyncClient(base_url=base_url, timeout=TIMEOUT) as client:
                await client.post("/graphql/", json=sent, headers=headers)  # not traced
                headers["traceparent"] = f"00-{TRACE}-{PARENT}-01"
                answer = await client.post("/graphql/", json=sent, headers=headers)
            spans = await asyncio.to_thread(received_spans, receiver)
            await server.logs(f'"trace":"{TRACE}"')
    [root] = [span for span in spans if span.kind == Span.SPAN_KIND_SERVER]
    assert root.name == "query HomeFeed"
    assert (root.trace_id.hex(), root.parent_span_id.hex()) == (TRACE, PARENT)
    found = attributes(root)
    assert found["feed.request_id"] == answer.headers["x-request-id"]
    assert found["graphql.operation.name"] == "HomeFeed"
    assert found["http.response.status_code"] == 200
    assert found["enduser.id"] == str(user.key)
    parts = [span for span in spans if span is not root]
    assert all(span.parent_span_id == root.span_id for span in parts)
    assert all(
        root.start_time_unix_nano <= span.start_time_unix_nano <= span.end_time_unix_nano
        and span.end_time_unix_nano <= root.end_time_unix_nano
        for span in parts
    )
    assert [span.name for span in parts][:2] == ["document", "plan"]
    [page, *_] = [span for span in parts if span.kind == Span.SPAN_KIND_CLIENT]
    assert "home_feed" in page.name
    assert attributes(page)["db.system.name"] == "postgresql"


async def test_a_collector_that_is_away_delays_neither_requests_nor_the_stop(
    tmp_path: Path, django_db_setup: None
) -> None:
    away = {"TRACES_URL": "http://127.0.0.1:9", "TRACES_SAMPLED": "1"}
    with served(tmp_path, 1, **PRODUCTION, **away) as server:
        await server.becomes_ready(1)
        async with httpx.AsyncClient(timeout=TIMEOUT) as client:
            url = f"http://{server.address}/graphql/"
            answer = await client.post(url, json={"query": "{ __typename }"})
        assert answer.status_code == 200
        server.process.terminate()
        assert await asyncio.to_thread(server.process.wait, TIMEOUT) == 0
        assert "did not stop" not in server.logged()


def test_the_traces_of_a_second_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.server.telemetry.monotonic", lambda: 1.5)
    telemetry = Telemetry("http://127.0.0.1:9", fraction=0.0)
    try:
        asked = b"00-%s-%s-01" % (TRACE.encode(), PARENT.encode())
        assert not telemetry.samples(None)
        assert not telemetry.samples(asked[:-2] + b"00")
        assert telemetry.samples(asked[:-2] + b"03")  # with the flag of random ids
        assert [telemetry.samples(asked) for _ in range(60)].count(True) == MAX_TRACES_A_SECOND - 1
    finally:
        telemetry.close()


FAULT = """
import django; django.setup()
import asyncpg, logging, os, sentry_sdk
from core.graphql.errors import log_fault
def fail(password):
    error = asyncpg.UniqueViolationError("duplicate key")
    error.detail = os.environ["DETAIL"]
    raise error
logging.getLogger("django.security.DisallowedHost").error(os.environ["REFUSED"])
try:
    fail(os.environ["PASSWORD"])
except Exception as error:
    log_fault(error, "reference-1", "HomeFeed", ["homeFeed"])
sentry_sdk.flush(10)
"""


def test_a_fault_is_reported_without_values() -> None:
    with receiving() as receiver:
        dsn = f"http://key@127.0.0.1:{receiver.port}/1"
        # Not in the script itself: the event holds the source lines of each frame.
        detail = "Key (email)=(hush@example.com) already exists."
        output_of(
            *(sys.executable, "-c", FAULT),
            SENTRY_DSN=dsn,
            DETAIL=detail,
            PASSWORD="hush-hush",
            REFUSED="Invalid HTTP_HOST header",
        )
        path, body = receiver.posts.get(timeout=TIMEOUT)
    assert path == "/api/1/envelope/"
    event = next(json.loads(line) for line in body.decode().splitlines() if '"exception"' in line)
    assert "reference-1" in event["logentry"]["formatted"]
    [value] = event["exception"]["values"]
    assert value["type"] == "UniqueViolationError"
    assert any(frame["function"] == "fail" for frame in value["stacktrace"]["frames"])
    assert b"hush" not in body
    assert b"email" not in body
    # A refused request is no fault. It came before, and would have been sent before.
    assert b"HTTP_HOST" not in body
    assert receiver.posts.empty()
