"""What is pushed, to which target, and what became of it: what all push services have in common."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any, NamedTuple, Protocol

from interactions.push.requests import Answer

LIFE_SECONDS = 24 * 3_600
"""How long a service tries to deliver to a device that is off."""


class Push(NamedTuple):
    """What is pushed: one notification, as it is now."""

    key: str
    """The same for all pushes of the notification: a later one replaces an earlier one that is not delivered yet."""
    id: str
    """The notification's global id."""
    kind: str
    summary: str
    badge: int
    """The number of unseen notifications, as far as it is counted."""
    repeat_key: str
    """The same when a push is sent again because its end was not recorded."""

    @property
    def content(self) -> dict[str, str | int]:
        """What the app gets."""
        return {
            "notificationId": self.id,
            "kind": self.kind,
            "summary": self.summary,
            "badge": self.badge,
        }


class Target(NamedTuple):
    """A row of `push_targets_of_user.sql`."""

    id: int
    kind: str
    address: str
    p256dh: bytes
    auth: bytes
    """Empty for devices."""
    registered_at: datetime
    paused_seconds: float
    """For how long its service is not to be called yet."""


class PushOutcome(Enum):
    """What became of a push. Its value is the label of the metric."""

    SENT = "sent"
    GONE = "gone"
    """The target is not valid any more."""
    LATER = "later"
    """The service is busy or does not answer."""
    FAILED = "failed"
    """The service refused the push; another attempt would not help."""


class Result(NamedTuple):
    """The outcome of one push, and why it is no success."""

    outcome: PushOutcome
    reason: str = ""
    retry_after: float | None = None
    """Seconds that the service has asked for."""


@dataclass(frozen=True, slots=True)
class Request:
    """A request to a service."""

    url: str
    headers: dict[str, str]
    body: bytes


class PushService(Protocol):
    """Makes the request for a push, and reads the answer."""

    is_chosen_by_users: bool
    """Whether users name the address that the request goes to."""

    async def request(self, target: Target, push: Push) -> Request:
        """Errors: Unreachable, if it needs another service first."""

    def result(self, answer: Answer) -> Result:
        """What the answer means."""


def common_result(answer: Answer) -> Result:
    """What the status means, whatever the service."""
    status = answer.status
    if 200 <= status < 300:
        return Result(PushOutcome.SENT)
    reason = f"status {status}"
    if status in {408, 429} or status >= 500:
        return Result(PushOutcome.LATER, reason, answer.retry_after)
    return Result(PushOutcome.FAILED, reason)


def json_bytes(value: object) -> bytes:
    """The value as JSON."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def json_object(body: bytes) -> dict[str, Any]:
    """The object that a service has answered; an empty one for anything else."""
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
