"""Pushes to devices by APNs and FCM, over HTTP/2."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from interactions.push import jobs
from interactions.push.fcm import SCOPE
from interactions.push.requests import Requests
from interactions.push.sending import Sender
from tests.interactions.push.receiver import Receiver, Reply
from tests.interactions.push.world import World

TOKEN = "a1b2c3"
GRANTED = Reply(200, json.dumps({"access_token": "t0ken", "expires_in": 3_600}).encode())


def apns() -> dict[str, Any]:
    return {"apns": {"token": TOKEN}}


def fcm() -> dict[str, Any]:
    return {"fcm": {"token": TOKEN}}


def public_key(pem: bytes) -> Any:
    return load_pem_private_key(pem, None).public_key()


def content(path: Path) -> bytes:
    return path.read_bytes()


def refused(reason: str) -> bytes:
    return json.dumps({"reason": reason}).encode()


def fcm_error(status: str, code: str) -> bytes:
    kind = "type.googleapis.com/google.firebase.fcm.v1.FcmError"
    details = [{"@type": kind, "errorCode": code}]
    return json.dumps({"error": {"status": status, "details": details}}).encode()


async def test_apns_gets_a_signed_alert(world: World, receiver: Receiver, key_file: Path) -> None:
    await world.register(await world.device(), apns())
    await world.likes()
    receiver.replies += [Reply(200), Reply(200)]
    await world.push()
    await world.likes(world.fans[1])
    await world.push()
    [notification] = await world.notifications()
    first, second = receiver.received
    assert (first.version, first.path) == ("HTTP/2", f"/3/device/{TOKEN}")
    assert json.loads(first.body) == {
        "aps": {
            "alert": {"body": "P2 liked your post."},
            "badge": 1,
            "sound": "default",
            "thread-id": "LIKE",
        },
        "notificationId": notification,
        "kind": "LIKE",
        "summary": "P2 liked your post.",
        "badge": 1,
    }
    headers = first.headers
    assert (headers["apns-topic"], headers["apns-push-type"]) == ("com.example.feed", "alert")
    assert headers["apns-collapse-id"] == second.headers["apns-collapse-id"]
    assert len(headers["apns-collapse-id"]) <= 64
    assert headers["apns-id"] != second.headers["apns-id"]
    token = headers["authorization"].removeprefix("bearer ")
    # Apple refuses tokens that are made for each request.
    assert second.headers["authorization"] == headers["authorization"]
    assert jwt.get_unverified_header(token)["kid"] == "KEY7"
    claims = jwt.decode(token, public_key(content(key_file)), algorithms=["ES256"])
    assert claims["iss"] == "TEAM7"


@pytest.mark.parametrize(
    ("status", "reason", "stays"),
    [
        (410, "Unregistered", False),
        (400, "BadDeviceToken", False),
        (400, "DeviceTokenNotForTopic", True),
        (400, "PayloadEmpty", True),
        (403, "InvalidProviderToken", True),
    ],
)
async def test_apns_says_which_devices_are_gone(
    world: World, receiver: Receiver, status: int, reason: str, stays: bool
) -> None:
    await world.register(await world.device(), apns())
    await world.likes()
    receiver.replies.append(Reply(status, refused(reason)))
    await world.push()
    assert bool(await world.targets()) is stays
    assert await world.jobs() == []


async def test_apns_gets_a_new_token_when_the_old_one_has_expired(
    world: World, receiver: Receiver
) -> None:
    await world.register(await world.device(), apns())
    await world.likes()
    receiver.replies += [Reply(403, refused("ExpiredProviderToken")), Reply(200)]
    await world.push()
    await world.database.write("UPDATE push_targets SET paused_until = NULL")
    await world.push()
    assert len(receiver.received) == 2
    assert len({each.headers["apns-id"] for each in receiver.received}) == 1
    assert await world.jobs() == []


async def test_fcm_gets_a_message_with_an_access_token(
    world: World, receiver: Receiver, account_file: Path
) -> None:
    await world.register(await world.device(), fcm())
    await world.likes()
    receiver.replies += [GRANTED, Reply(200), Reply(200)]
    await world.push()
    await world.likes(world.fans[1])
    await world.push()
    asked, first, second = receiver.received
    account = json.loads(content(account_file))
    form = {name: values[0] for name, values in parse_qs(asked.body.decode()).items()}
    assert form["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer"
    claims = jwt.decode(
        form["assertion"],
        public_key(account["private_key"].encode()),
        algorithms=["RS256"],
        audience=account["token_uri"],
    )
    assert (claims["iss"], claims["scope"]) == (account["client_email"], SCOPE)
    assert (first.version, first.path) == ("HTTP/2", "/v1/projects/a-project/messages:send")
    assert first.headers["authorization"] == second.headers["authorization"] == "Bearer t0ken"
    message = json.loads(first.body)["message"]
    [notification] = await world.notifications()
    summary = "P2 liked your post."
    assert message["token"] == TOKEN
    assert message["notification"] == {"body": summary}
    assert message["data"] == {
        "notificationId": notification,
        "kind": "LIKE",
        "summary": summary,
        "badge": "1",
    }
    android = message["android"]
    assert (android["ttl"], android["priority"]) == ("86400s", "HIGH")
    assert android["notification"]["tag"] == android["collapse_key"]
    again = json.loads(second.body)["message"]["android"]
    assert again["collapse_key"] == android["collapse_key"]


@pytest.mark.parametrize(
    ("reply", "stays", "waiting"),
    [
        (Reply(404, fcm_error("NOT_FOUND", "UNREGISTERED")), False, 0),
        (Reply(404, b"no such project"), True, 0),
        (Reply(400, fcm_error("INVALID_ARGUMENT", "INVALID_ARGUMENT")), True, 0),
        (Reply(429, fcm_error("RESOURCE_EXHAUSTED", "QUOTA_EXCEEDED")), True, 1),
        (Reply(503, b"[]"), True, 1),
        (Reply(401, b"\xff"), True, 1),
    ],
)
async def test_fcm_says_which_devices_are_gone(
    world: World, receiver: Receiver, reply: Reply, stays: bool, waiting: int
) -> None:
    await world.register(await world.device(), fcm())
    await world.likes()
    receiver.replies += [GRANTED, reply]
    await world.push()
    assert bool(await world.targets()) is stays
    assert len(await world.jobs()) == waiting


@pytest.mark.parametrize("reply", [Reply(500), Reply(200, b"{}"), Reply(400, b"[1]")])
async def test_fcm_waits_for_an_access_token(
    world: World, receiver: Receiver, reply: Reply
) -> None:
    await world.register(await world.device(), fcm())
    await world.likes()
    receiver.replies += [reply, GRANTED, Reply(200)]
    await world.push()
    assert [each.path for each in receiver.received] == ["/token"]
    await world.database.write("UPDATE push_targets SET paused_until = NULL")
    await world.push()
    assert [each.path.rpartition("/")[2] for each in receiver.received] == [
        *("token", "token", "messages:send")
    ]
    assert await world.jobs() == []


async def test_a_service_without_a_key_gets_nothing(
    world: World, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    none = Requests(public_only=True)
    monkeypatch.setattr(jobs, "push_sender", lambda: Sender({}, own=none, of_users=none))
    for target in (apns(), fcm()):
        await world.register(await world.device(), target)
    await world.likes()
    await world.push()
    await none.close()
    assert receiver.received == []
    assert await world.jobs() == []
    assert len(await world.targets()) == 2
