"""Web Push to browsers (RFC 8030), with VAPID and an encrypted payload."""

from __future__ import annotations

from interactions.push.encryption import encrypted
from interactions.push.pushes import (
    LIFE_SECONDS,
    Push,
    PushOutcome,
    Request,
    Result,
    Target,
    common_result,
    json_bytes,
)
from interactions.push.requests import Answer
from interactions.push.vapid import vapid_authorization


class WebPush:
    """Whatever service the browser uses."""

    is_chosen_by_users = True

    def __init__(self, private_key: str, contact: str) -> None:
        self._private_key = private_key
        self._contact = contact

    async def request(self, target: Target, push: Push) -> Request:
        headers = {
            "Authorization": vapid_authorization(self._private_key, self._contact, target.address),
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(LIFE_SECONDS),
            "Topic": push.key,
            "Urgency": "normal",
        }
        body = encrypted(json_bytes(push.content), target.p256dh, target.auth)
        return Request(target.address, headers, body)

    def result(self, answer: Answer) -> Result:
        if answer.status in {404, 410}:
            return Result(PushOutcome.GONE)
        return common_result(answer)
