"""`/metrics`: figures for Prometheus."""

from __future__ import annotations

import os
from collections.abc import Iterator

from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from core.execution.counters import Counters


class Executions(Collector):
    """How many operations ran from plans, and how many by the standard executor, and why."""

    def __init__(self, counters: Counters) -> None:
        self._counters = counters

    def collect(self) -> Iterator[Metric]:
        family = CounterMetricFamily(
            "feed_executions", "Operations, by how they were executed.", labels=["how"]
        )
        family.add_metric(["compiled"], self._counters.compiled)
        for reason, count in self._counters.fallbacks.items():
            family.add_metric([f"standard: {reason}"], count)
        yield family


def metrics_route(counters: Counters) -> Route:
    """The figures of this process, with those of its executor.

    Of all processes of the server, if PROMETHEUS_MULTIPROC_DIR names a folder that they share.
    """

    executions = CollectorRegistry()
    executions.register(Executions(counters))

    async def metrics(_: Request) -> Response:
        registry = REGISTRY
        if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
            registry = CollectorRegistry()
            MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # has no types
        figures = generate_latest(registry) + generate_latest(executions)
        return Response(figures, media_type=CONTENT_TYPE_LATEST)

    return Route("/metrics", metrics)
