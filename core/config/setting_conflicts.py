"""Settings that are valid alone, but not together."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.config.environment import Environment

REVOKING_MINUTES = 30
"""The longest duration of a transaction that ends sessions: its events have the time at which it began."""


def conflicts(settings: Environment) -> Iterator[str]:
    """What is wrong, for the operator."""
    if settings.secret_keys and settings.secret_key not in settings.secret_keys:
        yield "SECRET_KEY is not among SECRET_KEYS. Add it there, or leave it out."
    for field_name in ("user_points_per_minute", "address_points_per_minute"):
        if 0 < getattr(settings, field_name) < settings.max_cost:
            yield (
                f"{field_name.upper()} is invalid: an operation of MAX_COST could never be executed. "
                "Set it to MAX_COST or more."
            )
    if settings.vapid_private_key is not None and settings.vapid_contact is None:
        yield "VAPID_CONTACT is not set. Services of Web Push require it: mailto:ops@example.com"
    if settings.apns_key_file is not None:
        for field_name in ("apns_key_id", "apns_team_id", "apns_topic"):
            if getattr(settings, field_name) is None:
                yield f"{field_name.upper()} is not set. APNS_KEY_FILE needs it."
    if settings.recent_revocations > timedelta(hours=settings.event_retention_hours):
        yield (
            "EVENT_RETENTION_HOURS is invalid: a process that starts reads from the events which sessions have "
            f"ended. Set it to at least {REVOKING_MINUTES} minutes more than ACCESS_TOKEN_MINUTES."
        )
