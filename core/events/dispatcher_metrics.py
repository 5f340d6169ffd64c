"""Prometheus metrics of the dispatcher."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

LOG_DELAY = Gauge(
    "feed_event_log_delay_seconds",
    "How long the first event that an open transaction holds back has been waiting.",
    multiprocess_mode="livemax",
)
LOG_HOLDER = Gauge(
    "feed_event_log_holder_seconds",
    "Age of a transaction that has held events back for over five seconds, by its session; 0 afterwards.",
    ["process", "database", "application"],
    multiprocess_mode="livemax",
)
EVENT_AGE = Histogram(
    "feed_event_age_seconds",
    "Time from the start of an event's transaction to its delivery in this process.",
    buckets=(0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 60),
)
EVENTS_READ = Counter("feed_events_read", "Events that this process has read from the log.")
LOG_READ_FAILURES = Counter(
    "feed_event_log_failures", "Reads of the log and deliveries that failed and were retried."
)
CACHE_DEGRADED = Gauge(
    "feed_cache_degraded",
    "Whether Valkey or Redis is unreachable (1). Events of other processes then arrive up to a second later.",
    multiprocess_mode="livemax",
)
