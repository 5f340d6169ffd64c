"""Settings of logs, metrics, traces and reports of faults."""

from __future__ import annotations

from dataclasses import dataclass

from core.config import parsing
from core.config.declared_setting import setting

NOT_INSTALLED = (
    "{name} is set, but {missing} is not installed. "
    "Install requirements/observability.txt, or set it to none."
)
"""What the process says as it ends."""


@dataclass(frozen=True, kw_only=True)
class ObservabilitySettings:
    """A part of `Environment`."""

    worker_metrics_port: int = setting(
        parsing.whole_number(0, 65_535),
        "0",
        "The port on which a worker serves its metrics on all addresses; 0: none.",
    )
    log_level: str = setting(
        parsing.one_of("DEBUG", "INFO", "WARNING", "ERROR"),
        "INFO",
        "The lowest level that is logged; of libraries at least INFO.",
    )
    log_format: str = setting(
        parsing.one_of("JSON", "TEXT"),
        "JSON",
        "The format of log lines: a JSON object each, or text, which is for development.",
        in_debug="TEXT",
    )
    request_logs: float = setting(
        parsing.number(0, 1),
        "1",
        "The fraction of requests that have a log line. Slow ones and those with a fault always have one.",
        in_debug="0",
    )
    slow_request_seconds: float = setting(
        parsing.number(0.001, 300), "1", "From which duration on a request is logged as a warning."
    )
    slow_statement_seconds: float = setting(
        parsing.number(0.001, 300),
        "0.5",
        "From which duration on a statement is logged, with the operation and its document.",
    )
    traces_url: str | None = setting(
        parsing.service_url,
        "none",
        "An OpenTelemetry collector that gets traces by OTLP over HTTP, as in http://collector:4318; or `none`.",
    )
    traces_sampled: float = setting(
        parsing.number(0, 1),
        "0.01",
        "The fraction of requests that are traced, beside those whose `traceparent` asks for it.",
    )
    sentry_dsn: str | None = setting(
        parsing.sentry_dsn, "none", "The DSN of a Sentry project that gets faults; or `none`."
    )
