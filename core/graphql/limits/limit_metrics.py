"""Prometheus metric of limits."""

from __future__ import annotations

from prometheus_client import Counter

LIMITS_REACHED = Counter(
    "feed_limits_reached",
    "Requests that exceeded a limit, by what it counts; the same invalid document is counted once while it is cached.",
    ["limit"],
)
