"""Prometheus metric of refused mutations."""

from __future__ import annotations

from prometheus_client import Counter

USER_ERRORS = Counter(
    "feed_user_errors", "Problems that mutations returned as data, by code.", ["code"]
)
