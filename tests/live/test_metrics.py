"""`/metrics` exports the metrics to Prometheus."""

from __future__ import annotations

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.applications import Starlette

from core.server.prometheus import ExecutionCounters, metrics_route


async def answer_to(address: str) -> httpx.Response:
    """What a client with this address gets."""
    app = Starlette(routes=[metrics_route()])
    transport = httpx.ASGITransport(app=app, client=(address, 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://server") as client:
        return await client.get("/metrics")


async def metrics_now() -> dict[tuple[str, ...], float]:
    """The value of each sample, by its name and the values of its labels."""
    answer = await answer_to("127.0.0.1")
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


async def test_metrics_of_delivery_and_executions_are_exported() -> None:
    before = await metrics_now()
    counters = ExecutionCounters()
    counters.ran_compiled()
    counters.ran_compiled()
    counters.fell_back("defer")
    found = await metrics_now()
    for how, count in (("compiled", 2), ("standard: defer", 1)):
        name = ("feed_executions_total", how)
        assert found[name] == before.get(name, 0) + count
    assert {
        "feed_event_log_delay_seconds",
        "feed_event_age_seconds_count",
        "feed_cache_degraded",
        "feed_events_read_total",
    } <= {name for name, *_ in found}


@pytest.mark.parametrize(
    ("address", "status"),
    [
        *((text, 200) for text in ("127.0.0.1", "10.2.0.7", "100.64.0.1", "::1", "fd00::1")),
        *((text, 404) for text in ("93.184.216.34", "2606:4700::6810:84e5", "unknown", "")),
        ("::ffff:10.2.0.7", 200),
        ("::ffff:93.184.216.34", 404),
    ],
)
async def test_clients_from_the_internet_find_none(address: str, status: int) -> None:
    answer = await answer_to(address)
    assert answer.status_code == status
    assert (b"feed_" in answer.content) is (status == 200)
