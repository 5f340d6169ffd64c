"""The viewer's account: what it shows, the profile, the password, the sessions."""

from __future__ import annotations

from typing import Any

import pytest

from core.accounts.login_throttle import AttemptedAccount
from core.accounts.selectors import MAX_SESSIONS
from core.accounts.sessions import Accounts
from core.context import Services
from core.database.database import Database
from core.ids import global_id
from tests.core.accounts.world import PASSWORD, ApiClient, Json, codes, number_of
from tests.interactions.cast import create_users, hide_account

NEW_PASSWORD = "hush, another one, and long"
NODE = "query Q($id: ID!) { node(id: $id) { __typename id } }"


async def client_of(anonymous: ApiClient, session: Json) -> ApiClient:
    """A client with the session's access token."""
    token = anonymous.services.get(Accounts).access_tokens.read(session["accessToken"])
    return ApiClient(anonymous.services, token.viewer_id, token.session_id)


async def test_an_account_shows_what_only_its_user_may_read(anonymous: ApiClient) -> None:
    session = (await anonymous.sign_up("ada", deviceName=" Ada's phone "))["session"]
    await anonymous.do("SignIn", login="ada", password=PASSWORD, deviceName="A tablet")
    ada = await client_of(anonymous, session)
    account = await ada.data("Me")
    sessions = account.pop("sessions")
    assert account == {
        "id": global_id("Account", ada.viewer_id or 0),
        "email": "ada@example.com",
        "emailVerified": False,
        "pendingEmail": None,
        "user": account["user"],
        "unseenNotifications": {"count": 0, "capped": False},
        "followRequestCount": {"count": 0, "capped": False},
    }
    assert account["user"]["username"] == "ada"
    assert account["user"]["isPrivate"] is False
    assert [(each["deviceName"], each["isCurrent"]) for each in sessions] == [
        ("A tablet", False),
        ("Ada's phone", True),
    ]
    assert sessions[1]["createdAt"] == sessions[1]["lastUsedAt"]
    assert ada.statements == 5


async def test_an_anonymous_client_and_a_removed_user_have_no_account(services: Services) -> None:
    assert await ApiClient(services).data("Me") is None
    [ada] = await create_users(services.database, 1)
    await hide_account(services.database, ada)
    result = await ApiClient(services, ada).execute("Me")
    assert result["data"] == {"account": None}
    assert {error["extensions"]["code"] for error in result["errors"]} == {"UNAUTHENTICATED"}


async def test_accounts_and_sessions_are_nodes_of_their_user_alone(anonymous: ApiClient) -> None:
    ada = await client_of(anonymous, (await anonymous.sign_up("ada"))["session"])
    grace = await client_of(anonymous, (await anonymous.sign_up("grace"))["session"])
    account = await ada.data("Me")
    for id in (account["id"], account["sessions"][0]["id"]):
        assert (await ada.data(NODE, id=id))["id"] == id
        assert await grace.data(NODE, id=id) is None
        assert await anonymous.data(NODE, id=id) is None


async def test_a_profile_changes_where_it_is_told_to(services: Services) -> None:
    [key] = await create_users(services.database, 1)
    ada = ApiClient(services, key)
    payload = await ada.do("UpdateProfile", displayName=" Ada L. ", bio="Counts.")
    assert payload["errors"] == []
    assert (payload["user"]["displayName"], payload["user"]["bio"]) == ("Ada L.", "Counts.")
    payload = await ada.do("UpdateProfile", avatarMediaId=None, isPrivate=False)
    assert (payload["user"]["displayName"], payload["user"]["bio"]) == ("Ada L.", "Counts.")
    payload = await ada.do("UpdateProfile", bio=None)
    assert (payload["user"]["displayName"], payload["user"]["bio"]) == ("Ada L.", "")
    assert ada.statements == 2


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("displayName", None),
        ("displayName", "\u200b"),
        ("displayName", "x" * 51),
        ("bio", "x" * 301),
        ("bio", "a\0b"),
        ("isPrivate", None),
    ],
)
async def test_an_invalid_profile_changes_nothing(
    services: Services, field: str, value: Any
) -> None:
    [key] = await create_users(services.database, 1)
    ada = ApiClient(services, key)
    valid = {"displayName": "Ada", "bio": "Counts."}
    payload = await ada.do("UpdateProfile", **{**valid, field: value})
    assert codes(payload) == [("INVALID_INPUT", "input", field)]
    assert payload["user"] is None
    assert (await ada.data("Viewer"))["displayName"] == "P1"


async def test_whether_a_username_is_free(anonymous: ApiClient, database: Database) -> None:
    await anonymous.sign_up("ada")
    await database.write("INSERT INTO former_usernames VALUES ('gone')")
    for username, code in (
        ("grace", None),
        ("ADA", "USERNAME_TAKEN"),
        ("Gone", "USERNAME_TAKEN"),
        ("admin", "INVALID_INPUT"),
        ("no spaces", "INVALID_INPUT"),
    ):
        answer = await anonymous.data("UsernameAvailability", username=username)
        assert answer["isAvailable"] is (code is None)
        found = [(error["code"], error["path"]) for error in answer["errors"]]
        assert found == ([] if code is None else [(code, ["username"])])
        assert anonymous.statements <= 1


async def test_a_new_password_ends_all_other_sessions(anonymous: ApiClient) -> None:
    session = (await anonymous.sign_up("ada"))["session"]
    other = (await anonymous.sign_in("ada"))["session"]
    ada = await client_of(anonymous, session)
    payload = await ada.do("ChangePassword", currentPassword=PASSWORD, newPassword=NEW_PASSWORD)
    assert (payload["changed"], payload["errors"]) == (True, [])
    assert codes(await anonymous.refresh(other["refreshToken"]))[0][0] == "TOKEN_REFUSED"
    assert codes(await anonymous.refresh(session["refreshToken"])) == []
    assert codes(await anonymous.sign_in("ada")) == [("CREDENTIALS_REFUSED", "input")]
    assert codes(await anonymous.sign_in("ada", NEW_PASSWORD)) == []
    again = await ada.do("ChangePassword", currentPassword=NEW_PASSWORD, newPassword=NEW_PASSWORD)
    assert (again["changed"], again["errors"]) == (False, [])


async def test_strangers_who_guess_at_a_login_do_not_keep_its_user_from_a_new_password(
    anonymous: ApiClient, accounts: Accounts
) -> None:
    ada = await client_of(anonymous, (await anonymous.sign_up("ada"))["session"])
    for number in range(500):
        accounts.login_throttle.count(AttemptedAccount(None, "ada"), f"203.0.113.{number % 10}")
    payload = await ada.do("ChangePassword", currentPassword=PASSWORD, newPassword=NEW_PASSWORD)
    assert (payload["changed"], payload["errors"]) == (True, [])


@pytest.mark.parametrize(
    ("current", "new", "expected"),
    [
        ("hush, a wrong one", NEW_PASSWORD, ("CREDENTIALS_REFUSED", "input", "currentPassword")),
        ("", NEW_PASSWORD, ("CREDENTIALS_REFUSED", "input", "currentPassword")),
        (PASSWORD, "1234567", ("INVALID_INPUT", "input", "newPassword")),
        (PASSWORD, "password1", ("INVALID_INPUT", "input", "newPassword")),
        (PASSWORD, "ada@example.com", ("INVALID_INPUT", "input", "newPassword")),
        (PASSWORD, "\ud800" * 9, ("INVALID_INPUT", "input", "newPassword")),
    ],
)
async def test_a_refused_new_password_changes_nothing(
    anonymous: ApiClient, database: Database, current: str, new: str, expected: tuple[str, ...]
) -> None:
    ada = await client_of(anonymous, (await anonymous.sign_up("ada"))["session"])
    before = [tuple(row) for row in await database.fetch("SELECT password FROM users")]
    payload = await ada.do("ChangePassword", currentPassword=current, newPassword=new)
    assert codes(payload) == [expected]
    assert [tuple(row) for row in await database.fetch("SELECT password FROM users")] == before


async def test_a_session_ends_once_and_only_by_its_user(anonymous: ApiClient) -> None:
    session = (await anonymous.sign_up("ada"))["session"]
    ada = await client_of(anonymous, (await anonymous.sign_in("ada"))["session"])
    grace = await client_of(anonymous, (await anonymous.sign_up("grace"))["session"])
    [id] = [each["id"] for each in (await ada.data("Me"))["sessions"] if not each["isCurrent"]]
    refused = await grace.do("RevokeSession", sessionId=id)
    assert codes(refused) == [("NOT_FOUND", "input", "sessionId")]
    for changed in (True, False):
        payload = await ada.do("RevokeSession", sessionId=id)
        assert (payload["revokedSessionId"], payload["changed"]) == (id, changed)
    assert codes(await anonymous.refresh(session["refreshToken"]))[0][0] == "TOKEN_REFUSED"
    assert [each["isCurrent"] for each in (await ada.data("Me"))["sessions"]] == [True]


async def test_of_too_many_sessions_the_one_used_longest_ago_ends(
    anonymous: ApiClient, database: Database
) -> None:
    first = (await anonymous.sign_up("ada"))["session"]
    ada = await client_of(anonymous, first)
    await database.write(
        "INSERT INTO sessions (user_id, salt, token_hash, expires_at) "
        "SELECT $1, '', '', now() + interval '1 day' FROM generate_series(1, $2)",
        ada.viewer_id,
        MAX_SESSIONS - 1,
    )
    first = (await anonymous.refresh(first["refreshToken"]))["session"]
    await anonymous.sign_in("ada")
    assert await number_of(database, "sessions WHERE revoked_at IS NULL") == MAX_SESSIONS
    assert codes(await anonymous.refresh(first["refreshToken"])) == []
    assert len((await ada.data("Me"))["sessions"]) == MAX_SESSIONS


async def test_a_device_name_has_one_line(anonymous: ApiClient) -> None:
    await anonymous.sign_up("ada")
    for name in ("a\nb", "x" * 61, "\u200b"):
        payload = await anonymous.do("SignIn", login="ada", password=PASSWORD, deviceName=name)
        assert codes(payload) == [("INVALID_INPUT", "input", "deviceName")]
