"""Push targets: one for each token, of who is signed in now, until the session ends."""

from __future__ import annotations

import asyncio
from base64 import urlsafe_b64encode
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings
from django.test import override_settings

from core.accounts.sessions import Accounts
from core.accounts.statements import SQL as ACCOUNTS
from core.context import Services
from core.database.database import Database
from core.ids import global_id
from interactions.push.models import TARGETS_OF_USER
from interactions.push.vapid import vapid_pair, vapid_public_key
from tests.core.accounts.conftest import accounts, anonymous, redis
from tests.core.accounts.world import PASSWORD, ApiClient, Json, codes
from tests.interactions.cast import hide_account

__all__ = ["accounts", "anonymous", "redis"]

ENDPOINT = "https://updates.push.services.example.com/wpush/v2/gAAAA"
TARGETS = (
    "SELECT id, user_id, session_id, kind, address, p256dh, auth FROM push_targets ORDER BY id"
)


def text(data: bytes) -> str:
    return urlsafe_b64encode(data).decode().rstrip("=")


def browser_key() -> str:
    point = ec.generate_private_key(ec.SECP256R1()).public_key()
    return text(point.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))


TOKEN = "a1b2c3"
KEY, AUTH = browser_key(), text(b"sixteen bytes ok")


def web_push(endpoint: str = ENDPOINT, **keys: str) -> Json:
    return {"webPush": {"endpoint": endpoint, "p256dh": KEY, "auth": AUTH, **keys}}


def device(token: str = TOKEN, service: str = "apns") -> Json:
    return {service: {"token": token}}


class Device(ApiClient):
    """A client that is signed in."""

    session: Json

    async def register(self, target: Json) -> str:
        payload = await self.do("RegisterPushTarget", target=target)
        assert payload["errors"] == []
        return str(payload["target"]["id"])


def signed_in(anonymous: ApiClient, session: Json) -> Device:
    token = anonymous.services.get(Accounts).access_tokens.read(session["accessToken"])
    found = Device(anonymous.services, token.viewer_id, token.session_id)
    found.session = session
    return found


async def new_device(anonymous: ApiClient, name: str) -> Device:
    return signed_in(anonymous, (await anonymous.sign_up(name))["session"])


async def another_device(anonymous: ApiClient, name: str) -> Device:
    return signed_in(anonymous, (await anonymous.sign_in(name))["session"])


async def suspend_account(database: Database, user_id: int) -> None:
    async with database.transaction() as transaction:
        await transaction.fetch(ACCOUNTS.users_lock, [user_id])
        await transaction.fetch(ACCOUNTS.user_suspend, user_id, None)


async def targets(database: Database) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in await database.fetch(TARGETS)]


async def test_a_target_is_registered_once(anonymous: ApiClient, database: Database) -> None:
    ada = await new_device(anonymous, "ada")
    ids = [await ada.register(web_push()) for _ in range(2)]
    other_key = browser_key()
    ids.append(await ada.register(web_push(p256dh=other_key + "=")))
    assert len(set(ids)) == 1
    [row] = await targets(database)
    assert row[1:5] == (ada.viewer_id, ada.session_id, "WEB_PUSH", ENDPOINT)
    assert text(row[5]) == other_key
    assert row[6] == b"sixteen bytes ok"
    kinds = [await ada.register(device(service=service)) for service in ("apns", "fcm")]
    assert len({*ids, *kinds}) == 3
    assert ada.statements <= 6


async def test_a_token_moves_to_who_is_signed_in_now(
    anonymous: ApiClient, database: Database
) -> None:
    ada, ben = await new_device(anonymous, "ada"), await new_device(anonymous, "ben")
    id = await ada.register(device())
    assert await ben.register(device()) == id
    [row] = await targets(database)
    assert row[1:3] == (ben.viewer_id, ben.session_id)
    # It is no longer the former user's, and the end of the former session does not end it.
    assert await ada.do("UnregisterPushTarget", targetId=id) == {"changed": False, "errors": []}
    assert await anonymous.sign_out(ada.session["refreshToken"])
    assert await targets(database) == [row]


async def test_a_target_is_a_node_of_its_user(anonymous: ApiClient) -> None:
    ada, ben = await new_device(anonymous, "ada"), await new_device(anonymous, "ben")
    id = await ada.register(device())
    query = "query Target($id: ID!) { node(id: $id) { __typename id } }"
    assert await ada.data(query, id=id) == {"__typename": "PushTarget", "id": id}
    assert await ben.data(query, id=id) is None
    assert await anonymous.data(query, id=id) is None


async def test_a_target_is_ended_by_its_user(anonymous: ApiClient, database: Database) -> None:
    ada, ben = await new_device(anonymous, "ada"), await new_device(anonymous, "ben")
    id = await ada.register(device())
    unchanged = {"changed": False, "errors": []}
    # Another user's target looks like one that has ended.
    for client, target in ((ben, id), (ada, global_id("PushTarget", 7))):
        assert await client.do("UnregisterPushTarget", targetId=target) == unchanged
    for no_target in ("no id", "", global_id("User", 7)):
        refused = await ada.do("UnregisterPushTarget", targetId=no_target)
        assert codes(refused) == [("NOT_FOUND", "input", "targetId")]
    assert len(await targets(database)) == 1
    assert await ada.do("UnregisterPushTarget", targetId=id) == {"changed": True, "errors": []}
    assert await targets(database) == []
    # The same call again, as after a response that was lost, is no failure.
    assert await ada.do("UnregisterPushTarget", targetId=id) == unchanged


async def test_an_account_has_a_bounded_number_of_targets(
    anonymous: ApiClient, database: Database
) -> None:
    ada = await new_device(anonymous, "ada")
    for number in range(TARGETS_OF_USER):
        await ada.register(device(f"token{number}", "fcm"))
    first = await ada.register(device("token0", "fcm"))
    await asyncio.gather(*(ada.register(device(f"more{number}", "fcm")) for number in range(3)))
    tokens = {row[4] for row in await targets(database)}
    assert len(tokens) == TARGETS_OF_USER
    assert {"token1", "token2", "token3"}.isdisjoint(tokens)
    assert await ada.register(device("token0", "fcm")) == first


async def test_a_target_that_is_in_use_leaves_none_too_many(
    anonymous: ApiClient, database: Database
) -> None:
    ada = await new_device(anonymous, "ada")
    for number in range(TARGETS_OF_USER):
        await ada.register(device(f"token{number}", "fcm"))
    async with database.transaction() as pausing:
        # As a push that pauses the target that was registered longest ago does.
        await pausing.fetch(
            "UPDATE push_targets SET paused_until = now() WHERE address = 'token0' RETURNING id"
        )
        await ada.register(device("more", "fcm"))
        tokens = {row[4] for row in await targets(database)}
        assert len(tokens) == TARGETS_OF_USER
        assert "token0" in tokens
        assert "token1" not in tokens


@pytest.mark.parametrize(
    ("target", "problems"),
    [
        (web_push("http://push.example.com/a"), ["webPush endpoint"]),
        (web_push("https://"), ["webPush endpoint"]),
        (web_push("https://user@push.example.com/"), ["webPush endpoint"]),
        (web_push("https://push.example.com:99999/"), ["webPush endpoint"]),
        (web_push("https://push.example.com/ü"), ["webPush endpoint"]),
        (web_push("https://push.example.com/" + "a" * 2_048), ["webPush endpoint"]),
        (web_push("file:///etc/passwd"), ["webPush endpoint"]),
        (web_push(p256dh=text(b"\x04" + b"\x01" * 64)), ["webPush p256dh"]),
        (web_push(p256dh=KEY[:-4]), ["webPush p256dh"]),
        (web_push(auth=text(b"too short")), ["webPush auth"]),
        (web_push(auth="%" * 22), ["webPush auth"]),
        (
            web_push("nowhere", p256dh="", auth=""),
            [f"webPush {name}" for name in ("endpoint", "p256dh", "auth")],
        ),
        (device(""), ["apns token"]),
        (device("../../3/device/a"), ["apns token"]),
        (device("token"), ["apns token"]),
        (device("a" * 4_097, "fcm"), ["fcm token"]),
        (device("a\nb", "fcm"), ["fcm token"]),
    ],
)
async def test_a_bad_target_is_refused(
    anonymous: ApiClient, database: Database, target: Json, problems: list[str]
) -> None:
    ada = await new_device(anonymous, "ada")
    payload = await ada.do("RegisterPushTarget", target=target)
    assert payload["target"] is None
    paths = [("INVALID_INPUT", "input", "target", *problem.split()) for problem in problems]
    assert codes(payload) == paths
    assert await targets(database) == []


@pytest.mark.parametrize("target", [{}, {**device(), **device(service="fcm")}, {"apns": None}])
async def test_a_target_is_of_exactly_one_service(
    anonymous: ApiClient, database: Database, target: Json
) -> None:
    ada = await new_device(anonymous, "ada")
    result = await ada.execute("RegisterPushTarget", input={"target": target})
    assert "data" not in result or result["data"] is None
    assert "path" not in result["errors"][0]
    assert "'PushTargetInput'" in result["errors"][0]["message"]
    assert await targets(database) == []


async def test_the_longest_addresses_are_stored(anonymous: ApiClient) -> None:
    ada = await new_device(anonymous, "ada")
    await ada.register(web_push("https://push.example.com/".ljust(2_048, "a")))
    await ada.register(device("a:B_c.d-" * 512, "fcm"))


async def test_targets_end_with_their_session(anonymous: ApiClient, database: Database) -> None:
    ada = await new_device(anonymous, "ada")
    phone = await another_device(anonymous, "ada")
    await ada.register(device("own", "fcm"))
    await phone.register(device("phone", "fcm"))
    sessions = await ada.do(
        "RevokeSession", sessionId=global_id("AccountSession", phone.session_id or 0)
    )
    assert sessions["changed"] is True
    assert [row[4] for row in await targets(database)] == ["own"]
    phone = await another_device(anonymous, "ada")
    await phone.register(device("phone", "fcm"))
    changed = await ada.do(
        "ChangePassword", currentPassword=PASSWORD, newPassword=f"{PASSWORD}, another"
    )
    assert changed["changed"] is True
    assert [row[4] for row in await targets(database)] == ["own"]
    assert await anonymous.sign_out(ada.session["refreshToken"])
    assert await targets(database) == []
    # The access token is still good for some minutes; the session is not.
    for client in (ada, phone):
        result = await client.execute("RegisterPushTarget", input={"target": device()})
        assert [each["extensions"]["code"] for each in result["errors"]] == ["UNAUTHENTICATED"]
    assert await targets(database) == []


async def test_an_expired_session_registers_nothing(
    anonymous: ApiClient, database: Database
) -> None:
    ada = await new_device(anonymous, "ada")
    await database.write("UPDATE sessions SET expires_at = now() WHERE id = $1", ada.session_id)
    result = await ada.execute("RegisterPushTarget", input={"target": device()})
    assert [each["extensions"]["code"] for each in result["errors"]] == ["UNAUTHENTICATED"]
    assert await targets(database) == []


@pytest.mark.parametrize("end", [suspend_account, hide_account])
async def test_targets_end_with_a_suspension_or_deletion(
    anonymous: ApiClient, database: Database, end: Callable[[Database, int], Awaitable[None]]
) -> None:
    ada = await new_device(anonymous, "ada")
    await ada.register(device())
    await end(database, ada.viewer_id or 0)
    assert await targets(database) == []


async def test_ending_and_registering_at_once_leave_no_target(
    anonymous: ApiClient, database: Database
) -> None:
    ada = await new_device(anonymous, "ada")
    for number in range(20):
        phone = await another_device(anonymous, "ada")
        await asyncio.gather(
            phone.execute("RegisterPushTarget", input={"target": device(f"t{number}", "fcm")}),
            ada.do("RevokeSession", sessionId=global_id("AccountSession", phone.session_id or 0)),
        )
        assert await targets(database) == []


async def test_two_accounts_take_over_each_others_tokens(
    anonymous: ApiClient, database: Database
) -> None:
    ada, ben = await new_device(anonymous, "ada"), await new_device(anonymous, "ben")
    for number in range(TARGETS_OF_USER):
        await ada.register(device(f"a{number}"))
        await ben.register(device(f"b{number}"))
    await asyncio.gather(
        *(ada.register(device(f"b{number}")) for number in range(TARGETS_OF_USER)),
        *(ben.register(device(f"a{number}")) for number in range(TARGETS_OF_USER)),
    )
    assert {(row[1], row[4][0]) for row in await targets(database)} <= {
        (ada.viewer_id, "b"),
        (ben.viewer_id, "a"),
    }


async def test_nobody_registers_without_a_session(services: Services) -> None:
    result = await ApiClient(services).execute("RegisterPushTarget", input={"target": device()})
    assert [each["extensions"]["code"] for each in result["errors"]] == ["UNAUTHENTICATED"]


async def test_the_public_key_belongs_to_the_private_one(services: Services) -> None:
    private, public = vapid_pair()
    assert len(public) == 87
    assert vapid_public_key(private) == public
    client = ApiClient(services)
    for key, shown in ((private, public), (None, None)):
        changed = replace(settings.ENVIRONMENT, vapid_private_key=key)
        with override_settings(ENVIRONMENT=changed):
            assert await client.data("PushConfiguration") == {"webPushPublicKey": shown}
