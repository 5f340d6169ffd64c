"""Prometheus metrics of pushes."""

from __future__ import annotations

from prometheus_client import Counter

PUSHES = Counter(
    "feed_pushes",
    "Requests to push services that this process has made, by outcome: sent, gone, later or failed.",
    ["service", "outcome"],
)
