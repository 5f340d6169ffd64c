"""Prometheus metrics of background work. Those of the queue and of consumers describe the database, not the process."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

CONSUMER_LAG_EVENTS = Gauge(
    "feed_consumer_lag_events",
    "Events of the log that a consumer has not handled; at most 10,000 are counted.",
    ["consumer"],
)
CONSUMER_LAG_SECONDS = Gauge(
    "feed_consumer_lag_seconds",
    "Age of the first event that a consumer has not handled.",
    ["consumer"],
)
CONSUMER_EVENTS = Counter(
    "feed_consumer_events", "Events that this process has handled.", ["consumer"]
)
CONSUMER_FAILURES = Counter(
    "feed_consumer_failures", "Batches of events that failed in this process.", ["consumer"]
)
JOBS_WAITING = Gauge(
    "feed_jobs_waiting", "Jobs that are due; at most 10,000 of each priority are counted.", ["kind"]
)
JOBS_OLDEST_SECONDS = Gauge(
    "feed_jobs_oldest_seconds", "For how long the oldest waiting job has been due.", ["kind"]
)
JOBS_DEAD = Gauge("feed_jobs_dead", "Jobs that failed for good.", ["kind"])
JOBS_RUNNING = Gauge("feed_jobs_running", "Jobs that this process runs.")
JOB_RUNS = Counter(
    "feed_job_runs",
    "Runs of jobs that ended in this process: succeeded, failed, dead or lost.",
    ["kind", "outcome"],
)
JOB_SECONDS = Histogram(
    "feed_job_seconds",
    "Duration of runs of jobs.",
    ["kind"],
    buckets=(0.005, 0.02, 0.1, 0.5, 2, 10, 60),
)
