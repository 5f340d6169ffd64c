"""`/metrics` gives Prometheus the figures."""

from __future__ import annotations

import httpx
from prometheus_client.parser import text_string_to_metric_families
from starlette.applications import Starlette

from core.config.metrics import metrics_route
from core.execution.counters import Counters


async def test_figures_of_delivery_and_of_executions_are_there() -> None:
    counters = Counters()
    counters.compiled = 5
    counters.fell_back("defer")
    transport = httpx.ASGITransport(app=Starlette(routes=[metrics_route(counters)]))
    async with httpx.AsyncClient(transport=transport, base_url="http://server") as client:
        answer = await client.get("/metrics")
    found = {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }
    assert found["feed_executions_total", "compiled"] == 5
    assert found["feed_executions_total", "standard: defer"] == 1
    assert {
        "feed_event_log_delay_seconds",
        "feed_event_age_seconds_count",
        "feed_doorbell_connected",
        "feed_events_read_total",
    } <= {name for name, *_ in found}
