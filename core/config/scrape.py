"""The figures in the words of Prometheus, whose library this module loads."""

from __future__ import annotations

import os
from collections.abc import Iterator

from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from core.events.figures import Figure
from core.execution.counters import Counters

__all__ = ["CONTENT_TYPE_LATEST", "scraped"]


class Figures(Collector):
    """What this process keeps as plain numbers."""

    def collect(self) -> Iterator[Metric]:
        for figure in Figure.all:
            metric = Metric(figure.name, figure.documentation, figure.kind)
            for suffix, labels, value in figure.samples():
                metric.add_sample(figure.name + suffix, labels, value)
            yield metric


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


def scraped(counters: Counters) -> bytes:
    """The figures of this process, with those of its executor.

    Of all processes of the server, if PROMETHEUS_MULTIPROC_DIR names a folder that they share.
    """
    own = CollectorRegistry()
    own.register(Executions(counters))
    shared = REGISTRY
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        shared = CollectorRegistry()
        MultiProcessCollector(shared)  # type: ignore[no-untyped-call]  # has no types
    else:
        own.register(Figures())
    return generate_latest(shared) + generate_latest(own)
