"""Apple's push service (APNs), by its HTTP/2 interface with a signed token."""

from __future__ import annotations

import time
import uuid
from pathlib import Path
from urllib.parse import quote

import jwt

from interactions.push.pushes import (
    LIFE_SECONDS,
    Push,
    PushOutcome,
    Request,
    Result,
    Target,
    common_result,
    json_bytes,
    json_object,
)
from interactions.push.requests import Answer

TOKEN_SECONDS = 40 * 60
"""A token is valid for an hour, and may not be renewed more often than every 20 minutes."""
GONE = {"Unregistered", "BadDeviceToken", "ExpiredToken"}


class APNs:
    """One app at Apple."""

    is_chosen_by_users = False

    def __init__(self, *, url: str, key_file: str, key_id: str, team_id: str, topic: str) -> None:
        self._url = url.rstrip("/")
        self._key = Path(key_file).read_text(encoding="utf-8")
        self._key_id = key_id
        self._team_id = team_id
        self._topic = topic
        self._token = ""
        self._token_until = 0.0

    async def request(self, target: Target, push: Push) -> Request:
        now = time.time()
        headers = {
            "authorization": f"bearer {self._signed_token(now)}",
            "apns-topic": self._topic,
            "apns-push-type": "alert",
            "apns-priority": "10",
            "apns-expiration": str(int(now) + LIFE_SECONDS),
            "apns-collapse-id": push.key,
            # A repeated request has the same one.
            "apns-id": str(uuid.uuid5(uuid.NAMESPACE_OID, f"{push.repeat_key} {target.id}")),
        }
        aps = {
            "alert": {"body": push.summary},
            "badge": push.badge,
            "sound": "default",
            "thread-id": push.kind,
        }
        body = json_bytes({"aps": aps, **push.content})
        return Request(f"{self._url}/3/device/{quote(target.address, safe='')}", headers, body)

    def _signed_token(self, now: float) -> str:
        if now >= self._token_until:
            claims = {"iss": self._team_id, "iat": int(now)}
            self._token = jwt.encode(
                claims, self._key, algorithm="ES256", headers={"kid": self._key_id}
            )
            self._token_until = now + TOKEN_SECONDS
        return self._token

    def result(self, answer: Answer) -> Result:
        reason = str(json_object(answer.body).get("reason", ""))[:60]
        if answer.status == 410 or (answer.status == 400 and reason in GONE):
            return Result(PushOutcome.GONE)
        if answer.status == 403 and reason == "ExpiredProviderToken":
            self._token_until = 0.0
            return Result(PushOutcome.LATER, reason)
        found = common_result(answer)
        return found._replace(reason=f"{found.reason} {reason}".strip())
