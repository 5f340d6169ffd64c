"""Prometheus metrics of subscriptions."""

from __future__ import annotations

from prometheus_client import Counter, Gauge

SUBSCRIBERS = Gauge(
    "feed_subscribers", "Open subscriptions.", ["field"], multiprocess_mode="livesum"
)
MESSAGES = Counter("feed_subscription_messages", "Events sent to subscribers.", ["field"])
EXECUTIONS = Counter(
    "feed_subscription_executions",
    "Executions for an event: shared by all with the same selection, or for one subscriber.",
    ["field", "shared_by"],
)
OVERFLOWS = Counter(
    "feed_subscription_overflows",
    "Subscriptions that ended because their client was too slow.",
    ["field"],
)
RESYNCS = Counter(
    "feed_subscription_resyncs", "Subscriptions that could not resume, by reason.", ["reason"]
)
