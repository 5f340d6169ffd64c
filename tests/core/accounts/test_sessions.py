"""Sign-in, sign-out and the rotation of refresh tokens."""

from __future__ import annotations

import asyncio
import unicodedata
from datetime import UTC, datetime, timedelta
from statistics import median
from time import process_time
from typing import Any, Literal

import pytest
from django.contrib.auth.hashers import make_password

from core.accounts.login_throttle import AttemptedAccount
from core.accounts.sessions import Accounts
from core.database.database import Database
from core.errors import ClientError
from tests.core.accounts.world import PASSWORD, ApiClient, codes, events, number_of
from tests.interactions.cast import delete_account

USER = "query User($name: String!) { user(username: $name) { username } }"
CREDENTIALS_REFUSED = {
    "__typename": "SignInRefused",
    "code": "CREDENTIALS_REFUSED",
    "message": "The login or the password is wrong.",
    "path": ["input"],
}


async def age_sessions(database: Database, seconds: float) -> None:
    """Moves the times of all sessions so many seconds into the past."""
    await database.write(
        "UPDATE sessions SET rotated_at = rotated_at - $1::interval, "
        "expires_at = expires_at - $1::interval",
        timedelta(seconds=seconds),
    )


async def events_since_sign_up(database: Database) -> list[tuple[Any, ...]]:
    """The event log without the creation of accounts."""
    return [event for event in await events(database) if event[0] != "user_created"]


class TestSignIn:
    @pytest.mark.parametrize("login", ["ada", " ADA ", "ada@example.com", "Ada@Example.Com"])
    async def test_by_username_or_address(self, anonymous: ApiClient, login: str) -> None:
        made = (await anonymous.sign_up())["session"]
        payload = await anonymous.sign_in(login)
        assert payload["errors"] == []
        assert payload["session"]["viewer"] == made["viewer"]
        assert payload["session"]["refreshToken"] != made["refreshToken"]

    @pytest.mark.parametrize(
        ("login", "password"),
        [
            ("ada", "wrong"),
            ("ada", ""),
            ("ada", "x" * 10_000),
            ("ada", "\ud800"),
            ("ada@example.com", "wrong"),
            ("nobody", PASSWORD),
            ("nobody@example.com", PASSWORD),
            ("", ""),
            ("%", PASSWORD),
            ("ada\0", PASSWORD),
            ("ad\uff41", PASSWORD),
            ("a\u200bda", PASSWORD),
            ("\ud800", PASSWORD),
            ("x" * 10_000, PASSWORD),
        ],
    )
    async def test_failed_sign_ins_get_the_same_response(
        self, anonymous: ApiClient, database: Database, login: str, password: str
    ) -> None:
        await anonymous.sign_up()
        payload = await anonymous.sign_in(login, password)
        assert (payload["session"], payload["errors"]) == (None, [CREDENTIALS_REFUSED])
        assert await number_of(database, "sessions") == 1

    async def test_an_inactive_account_or_one_without_a_password_is_refused(
        self, anonymous: ApiClient, database: Database
    ) -> None:
        await anonymous.sign_up("ada")
        await anonymous.sign_up("grace")
        await database.write("UPDATE users SET is_active = false WHERE username = 'ada'")
        await database.write("UPDATE users SET password = '!' WHERE username = 'grace'")
        assert codes(await anonymous.sign_in("ada")) == [("ACCOUNT_SUSPENDED", "input")]
        wrong = await anonymous.sign_in("ada", "wrong")
        assert wrong["errors"] == [CREDENTIALS_REFUSED]
        assert (await anonymous.sign_in("grace"))["errors"] == [CREDENTIALS_REFUSED]

    @pytest.mark.usefixtures("production_hashes")
    async def test_a_wrong_password_takes_as_long_as_an_unknown_login(
        self, anonymous: ApiClient
    ) -> None:
        await anonymous.sign_up()
        took: dict[str, list[float]] = {"ada": [], "nobody": []}
        for _ in range(15):
            for login, seconds in took.items():
                began = process_time()
                await anonymous.sign_in(login, "wrong")
                seconds.append(process_time() - began)
        known, unknown = (median(seconds) for seconds in took.values())
        assert 0.6 < known / unknown < 1.6, took

    async def test_usernames_compare_alike_in_sign_in_and_queries(
        self, anonymous: ApiClient
    ) -> None:
        await anonymous.sign_up("Kate")
        for name in ("kate", "KATE", " kate ", "kate\n"):
            assert (await anonymous.sign_in(name))["errors"] == []
            assert (await anonymous.data(USER, name=name))["username"] == "Kate"
        for name in ("\u212aate", "\u212aate@example.com", "kate\u0301", "ＫＡＴＥ"):  # noqa: RUF001
            assert (await anonymous.sign_in(name))["errors"] == [CREDENTIALS_REFUSED]
            assert await anonymous.data(USER, name=name) is None

    @pytest.mark.parametrize("typed", ["NFC", "NFD"])
    async def test_a_hash_of_an_older_hasher_is_replaced(
        self, anonymous: ApiClient, database: Database, typed: Literal["NFC", "NFD"]
    ) -> None:
        await anonymous.sign_up()
        password = unicodedata.normalize(typed, "pässwört-übung")
        await database.write(
            "UPDATE users SET password = $1", make_password(password, None, "argon2")
        )
        assert (await anonymous.sign_in("ada", "wrong"))["errors"] == [CREDENTIALS_REFUSED]
        assert (await anonymous.sign_in("ada", password))["errors"] == []
        for form in ("NFC", "NFD"):
            payload = await anonymous.sign_in("ada", unicodedata.normalize(form, password))
            assert payload["errors"] == []

    async def test_an_address_stored_under_earlier_rules_signs_in(
        self, anonymous: ApiClient, database: Database
    ) -> None:
        await anonymous.sign_up()
        await database.write("UPDATE users SET email = 'ada@[127.0.0.1]'")
        assert (await anonymous.sign_in("Ada@[127.0.0.1]"))["errors"] == []

    async def test_too_many_wrong_passwords_are_throttled(self, anonymous: ApiClient) -> None:
        session = (await anonymous.sign_up())["session"]
        accounts = anonymous.services.get(Accounts)
        for _ in range(50):
            accounts.login_throttle.count(
                AttemptedAccount(anonymous.viewer_of(session), "Ada"), None
            )
        result = await anonymous.execute("SignIn", input={"login": "ADA", "password": PASSWORD})
        assert result["data"] is None
        (error,) = result["errors"]
        assert "Try again in 15 minutes" in error["message"]


class TestRefresh:
    @pytest.fixture
    async def session(self, anonymous: ApiClient) -> Any:
        return (await anonymous.sign_up())["session"]

    async def test_each_token_gives_its_successor(
        self, anonymous: ApiClient, database: Database, session: Any
    ) -> None:
        seen = {session["refreshToken"]}
        for _ in range(5):
            await age_sessions(database, 3600)
            payload = await anonymous.refresh(session["refreshToken"])
            assert payload["errors"] == []
            session = payload["session"]
            assert session["refreshToken"] not in seen
            seen.add(session["refreshToken"])
            ends = datetime.fromisoformat(session["refreshTokenExpiresAt"])
            assert ends - datetime.now(UTC) > timedelta(days=29.9)
        assert anonymous.viewer_of(session)
        assert await number_of(database, "sessions") == 1
        assert await events_since_sign_up(database) == []

    async def test_a_lost_response_is_repeated_for_a_minute(
        self, anonymous: ApiClient, database: Database, session: Any
    ) -> None:
        first = (await anonymous.refresh(session["refreshToken"]))["session"]
        await age_sessions(database, 55)
        again = (await anonymous.refresh(session["refreshToken"]))["session"]
        assert again["refreshToken"] == first["refreshToken"]
        assert (await anonymous.refresh(first["refreshToken"]))["errors"] == []

    async def test_a_token_reused_later_ends_the_session(
        self, anonymous: ApiClient, database: Database, session: Any
    ) -> None:
        notified: list[int] = []
        anonymous.services.notify = lambda: notified.append(1)
        successor = (await anonymous.refresh(session["refreshToken"]))["session"]
        await age_sessions(database, 61)
        assert codes(await anonymous.refresh(session["refreshToken"])) == [
            ("TOKEN_REFUSED", "input", "refreshToken")
        ]
        assert codes(await anonymous.refresh(successor["refreshToken"])) != []
        token = anonymous.services.get(Accounts).access_tokens.read(session["accessToken"])
        assert await events_since_sign_up(database) == [
            ("session_revoked", token.viewer_id, token.session_id, None)
        ]
        assert notified == [1]

    async def test_an_older_token_ends_the_session_at_once(
        self, anonymous: ApiClient, database: Database, session: Any
    ) -> None:
        second = (await anonymous.refresh(session["refreshToken"]))["session"]
        third = (await anonymous.refresh(second["refreshToken"]))["session"]
        assert codes(await anonymous.refresh(session["refreshToken"])) != []
        assert codes(await anonymous.refresh(third["refreshToken"])) != []
        assert len(await events_since_sign_up(database)) == 1

    async def test_concurrent_refreshes_get_the_same_successor(
        self, anonymous: ApiClient, session: Any
    ) -> None:
        payloads = await asyncio.gather(
            *(ApiClient(anonymous.services).refresh(session["refreshToken"]) for _ in range(20))
        )
        assert len({payload["session"]["refreshToken"] for payload in payloads}) == 1

    async def test_invalid_tokens_get_the_same_refusal(
        self, anonymous: ApiClient, database: Database, session: Any
    ) -> None:
        token = session["refreshToken"]
        key, generation, mac = token.split(".")
        payloads = [
            await anonymous.refresh(text)
            for text in (
                "",
                "garbage",
                "\0",
                "\ud800",
                token + "0",
                f"{key}.{generation}.{'0' * 64}",
                f"{key}.2.{mac}",
                f"{int(key) + 1}.{generation}.{mac}",
                f"{key}.{generation}.{mac.upper()}",
                session["accessToken"],
            )
        ]
        await age_sessions(database, 31 * 86_400)
        payloads.append(await anonymous.refresh(token))
        assert len({str(payload) for payload in payloads}) == 1
        assert payloads[0]["session"] is None
        # None of these, which anyone could send, has ended the session.
        await age_sessions(database, -31 * 86_400)
        assert await events_since_sign_up(database) == []
        assert (await anonymous.refresh(token))["errors"] == []

    async def test_an_inactive_user_is_refused(
        self, anonymous: ApiClient, database: Database, session: Any
    ) -> None:
        await database.write("UPDATE users SET is_active = false")
        assert codes(await anonymous.refresh(session["refreshToken"])) != []

    async def test_the_tables_without_the_secret_give_no_token(
        self, anonymous: ApiClient, database: Database, accounts: Accounts, session: Any
    ) -> None:
        (row,) = await database.fetch("SELECT id, salt, generation FROM sessions")
        thief = type(accounts.refresh_tokens)(b"a guess")
        stolen = thief.make(row[0], row[1], row[2]).text
        assert stolen != session["refreshToken"]
        assert codes(await anonymous.refresh(stolen)) != []


class TestSignOut:
    async def test_ends_the_session_once(self, anonymous: ApiClient, database: Database) -> None:
        session = (await anonymous.sign_up())["session"]
        other = (await anonymous.sign_in("ada"))["session"]
        assert await anonymous.sign_out(session["refreshToken"])
        assert not await anonymous.sign_out(session["refreshToken"])
        assert codes(await anonymous.refresh(session["refreshToken"])) != []
        assert (await anonymous.refresh(other["refreshToken"]))["errors"] == []
        token = anonymous.services.get(Accounts).access_tokens.read(session["accessToken"])
        assert await events_since_sign_up(database) == [
            ("session_revoked", token.viewer_id, token.session_id, None)
        ]

    async def test_everywhere_ends_all_sessions_of_the_user_and_no_others(
        self, anonymous: ApiClient, database: Database
    ) -> None:
        mine = [(await anonymous.sign_up())["session"]]
        mine += [(await anonymous.sign_in("ada"))["session"] for _ in range(2)]
        others = (await anonymous.sign_up("grace"))["session"]
        assert await anonymous.sign_out(mine[1]["refreshToken"], everywhere=True)
        for session in mine:
            assert codes(await anonymous.refresh(session["refreshToken"])) != []
            assert not await anonymous.sign_out(session["refreshToken"], everywhere=True)
        assert (await anonymous.refresh(others["refreshToken"]))["errors"] == []
        ended = {subject for _, _, subject, _ in await events_since_sign_up(database)}
        read = anonymous.services.get(Accounts).access_tokens.read
        assert ended == {read(session["accessToken"]).session_id for session in mine}

    @pytest.mark.parametrize("sent", [{}, {"everywhere": None}, {"everywhere": False}])
    async def test_other_sessions_go_on_unless_all_are_to_end(
        self, anonymous: ApiClient, sent: dict[str, Any]
    ) -> None:
        mine = (await anonymous.sign_up())["session"]
        other = (await anonymous.sign_in("ada"))["session"]
        payload = await anonymous.do("SignOut", refreshToken=mine["refreshToken"], **sent)
        assert payload == {"changed": True, "errors": []}
        assert (await anonymous.refresh(other["refreshToken"]))["errors"] == []

    @pytest.mark.parametrize("token", ["", "garbage", "1.1." + "0" * 64, "\0", "x" * 100_000])
    async def test_an_invalid_token_ends_nothing(
        self, anonymous: ApiClient, database: Database, token: str
    ) -> None:
        await anonymous.sign_up()
        for everywhere in (False, True):
            assert not await anonymous.sign_out(token, everywhere=everywhere)
        assert await events_since_sign_up(database) == []

    async def test_a_forged_token_of_a_known_session_ends_nothing(
        self, anonymous: ApiClient, database: Database
    ) -> None:
        session = (await anonymous.sign_up())["session"]
        key = session["refreshToken"].split(".")[0]
        assert not await anonymous.sign_out(f"{key}.1.{'0' * 64}", everywhere=True)
        assert await events_since_sign_up(database) == []

    async def test_concurrent_sign_outs_end_the_session_once(
        self, anonymous: ApiClient, database: Database
    ) -> None:
        session = (await anonymous.sign_up())["session"]
        ended = await asyncio.gather(
            *(ApiClient(anonymous.services).sign_out(session["refreshToken"]) for _ in range(10))
        )
        assert sum(ended) == 1
        assert len(await events_since_sign_up(database)) == 1


async def test_concurrent_sign_outs_everywhere_do_not_deadlock(
    anonymous: ApiClient, database: Database
) -> None:
    await anonymous.sign_up()
    for _ in range(10):
        signed_in = [await anonymous.sign_in("ada") for _ in range(3)]
        tokens = [each["session"]["refreshToken"] for each in signed_in]
        ended = await asyncio.gather(
            *(ApiClient(anonymous.services).sign_out(token, everywhere=True) for token in tokens)
        )
        assert sum(ended) == 1


async def test_a_deleted_user_can_not_refresh_or_sign_in(
    anonymous: ApiClient, database: Database
) -> None:
    session = (await anonymous.sign_up())["session"]
    [[user_id]] = await database.fetch("SELECT id FROM users")
    await delete_account(database, user_id)
    again = await ApiClient(anonymous.services).sign_up("ADA", email="other@example.com")
    assert codes(again) == [("USERNAME_TAKEN", "input", "username")]
    assert codes(await anonymous.refresh(session["refreshToken"])) != []
    assert (await anonymous.sign_in("ada"))["errors"] == [CREDENTIALS_REFUSED]
    assert await ApiClient(anonymous.services, anonymous.viewer_of(session)).data("Viewer") is None


async def test_sign_ins_beyond_the_queue_are_refused(
    anonymous: ApiClient, accounts: Accounts
) -> None:
    for _ in range(64):
        assert accounts.passwords._slots.acquire(blocking=False)
    with pytest.raises(ClientError, match="Try again"):
        await accounts.passwords.hashed("x")
    result = await anonymous.execute("SignIn", input={"login": "ada", "password": PASSWORD})
    assert "Try again" in result["errors"][0]["message"]
    for _ in range(64):
        accounts.passwords._slots.release()
