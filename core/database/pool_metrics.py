"""Prometheus metrics of the connection pool, of group commits and of joint reads."""

from __future__ import annotations

from prometheus_client import Counter, Gauge

from core.tallies import SECONDS, Tally

POOL_CONNECTIONS = Gauge(
    "feed_pool_connections",
    "Connections to PostgreSQL that the pools of all processes may have, and those in use.",
    ["state"],
    multiprocess_mode="livesum",
)
POOL_WAITING = Gauge(
    "feed_pool_waiting",
    "Statements that wait for a connection.",
    multiprocess_mode="livesum",
)
POOL_WAIT_SECONDS = Tally(
    "feed_pool_wait_seconds",
    "How long statements waited that did not get a connection at once.",
    buckets=SECONDS,
)
POOL_TIMEOUTS = Counter(
    "feed_pool_timeouts", "Statements for which no connection became free in time."
)
POOL_REFUSALS = Counter(
    "feed_pool_refusals", "Statements that were refused because POOL_QUEUE others waited already."
)
GROUP_COMMIT_ROWS = Tally(
    "feed_group_commit_rows",
    "Writes that were committed together, by statement.",
    ["statement"],
    buckets=(1, 2, 3, 5, 10, 20, 30, 50, 100),
)
JOINT_READ_CALLS = Tally(
    "feed_joint_read_calls",
    "Calls of a statement that were answered by one.",
    buckets=(1, 2, 3, 4),
)
