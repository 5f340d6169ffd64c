"""`/metrics` exports the metrics to Prometheus."""

from __future__ import annotations

import httpx
from prometheus_client.parser import text_string_to_metric_families
from starlette.applications import Starlette

from core.server.prometheus import ExecutionCounters, metrics_route


async def metrics_now() -> dict[tuple[str, ...], float]:
    """The value of each sample, by its name and the values of its labels."""
    transport = httpx.ASGITransport(app=Starlette(routes=[metrics_route()]))
    async with httpx.AsyncClient(transport=transport, base_url="http://server") as client:
        answer = await client.get("/metrics")
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
