"""Firebase Cloud Messaging (FCM), by its HTTP v1 interface with a service account."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

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
from interactions.push.requests import Answer, Requests, Unreachable

SCOPE = "https://www.googleapis.com/auth/firebase.messaging"
GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
ASSERTION_SECONDS = 3_600
SPARE_SECONDS = 120.0
"""A token is renewed so long before it ends."""


class FCM:
    """One project at Google."""

    is_chosen_by_users = False

    def __init__(self, requests: Requests, *, url: str, account_file: str) -> None:
        """`requests`: for tokens."""
        self._account: dict[str, str] = json.loads(Path(account_file).read_text(encoding="utf-8"))
        project = quote(self._account["project_id"], safe="")
        self._url = f"{url.rstrip('/')}/v1/projects/{project}/messages:send"
        self._requests = requests
        self._token = ""
        self._token_until = 0.0
        self._renewal = asyncio.Lock()

    async def request(self, target: Target, push: Push) -> Request:
        token = await self._access_token()
        message: dict[str, Any] = {
            "token": target.address,
            "notification": {"body": push.summary},
            "data": {name: str(value) for name, value in push.content.items()},
            "android": {
                "collapse_key": push.key,
                "ttl": f"{LIFE_SECONDS}s",
                "priority": "HIGH",
                # One that is shown already is replaced.
                "notification": {"tag": push.key, "notification_count": push.badge},
            },
            "apns": {
                "headers": {"apns-collapse-id": push.key},
                "payload": {"aps": {"badge": push.badge}},
            },
        }
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        return Request(self._url, headers, json_bytes({"message": message}))

    def result(self, answer: Answer) -> Result:
        error = json_object(answer.body).get("error")
        details = error.get("details") if isinstance(error, dict) else None
        codes = {
            str(each.get("errorCode", ""))[:60]
            for each in (details if isinstance(details, list) else ())
            if isinstance(each, dict)
        }
        if "UNREGISTERED" in codes:
            return Result(PushOutcome.GONE)
        if answer.status == 401:
            self._token_until = 0.0
            return Result(PushOutcome.LATER, "status 401")
        found = common_result(answer)
        return found._replace(reason=" ".join([found.reason, *sorted(codes)]).strip())

    async def _access_token(self) -> str:
        """Errors: Unreachable."""
        async with self._renewal:
            if time.time() >= self._token_until - SPARE_SECONDS:
                await self._renew()
        return self._token

    async def _renew(self) -> None:
        now = int(time.time())
        claims = {
            "iss": self._account["client_email"],
            "scope": SCOPE,
            "aud": self._account["token_uri"],
            "iat": now,
            "exp": now + ASSERTION_SECONDS,
        }
        assertion = jwt.encode(claims, self._account["private_key"], algorithm="RS256")
        answer = await self._requests.post(
            self._account["token_uri"],
            {"Content-Type": "application/x-www-form-urlencoded"},
            urlencode({"grant_type": GRANT, "assertion": assertion}).encode(),
        )
        found = json_object(answer.body)
        token, life = found.get("access_token"), found.get("expires_in")
        if answer.status != 200 or not isinstance(token, str) or not isinstance(life, int):
            raise Unreachable(f"Google gave no access token: status {answer.status}.")
        self._token, self._token_until = token, now + life
