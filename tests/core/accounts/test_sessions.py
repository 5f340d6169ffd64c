"""Signing in and out, and staying signed in."""

from __future__ import annotations

import asyncio
import unicodedata
from datetime import UTC, datetime, timedelta
from statistics import median
from time import process_time
from typing import Any, Literal

import pytest
from django.contrib.auth.hashers import make_password

from core.accounts.login_throttle import Account
from core.accounts.sessions import Accounts
from core.database.database import Database
from core.errors import ClientError
from tests.core.accounts.world import PASSWORD, Asker, codes, events, number_of
from tests.interactions.cast import delete_account

USER = "query User($name: String!) { user(username: $name) { username } }"
CREDENTIALS_REFUSED = {
    "__typename": "SignInRefused",
    "code": "CREDENTIALS_REFUSED",
    "message": "The login or the password is wrong.",
    "path": ["input"],
}


async def grow_older(database: Database, seconds: float) -> None:
    """Makes all sessions what they will be in so many seconds."""
    await database.write(
        "UPDATE sessions SET rotated_at = rotated_at - $1::interval, "
        "expires_at = expires_at - $1::interval",
        timedelta(seconds=seconds),
    )


class TestSignIn:
    @pytest.mark.parametrize("login", ["ada", " ADA ", "ada@example.com", "Ada@Example.Com"])
    async def test_by_username_or_address(self, anybody: Asker, login: str) -> None:
        made = (await anybody.sign_up())["session"]
        payload = await anybody.sign_in(login)
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
    async def test_whoever_cannot_is_answered_alike(
        self, anybody: Asker, database: Database, login: str, password: str
    ) -> None:
        await anybody.sign_up()
        payload = await anybody.sign_in(login, password)
        assert (payload["session"], payload["errors"]) == (None, [CREDENTIALS_REFUSED])
        assert await number_of(database, "sessions") == 1

    async def test_nor_an_account_that_is_closed_or_has_no_password(
        self, anybody: Asker, database: Database
    ) -> None:
        await anybody.sign_up("ada")
        await anybody.sign_up("grace")
        await database.write("UPDATE users SET is_active = false WHERE username = 'ada'")
        await database.write("UPDATE users SET password = '!' WHERE username = 'grace'")
        for login in ("ada", "grace"):
            assert (await anybody.sign_in(login))["errors"] == [CREDENTIALS_REFUSED]

    async def test_a_wrong_password_takes_as_long_as_an_unknown_login(self, anybody: Asker) -> None:
        await anybody.sign_up()
        took: dict[str, list[float]] = {"ada": [], "nobody": []}
        for _ in range(15):
            for login, seconds in took.items():
                began = process_time()
                await anybody.sign_in(login, "wrong")
                seconds.append(process_time() - began)
        known, unknown = (median(seconds) for seconds in took.values())
        assert 0.6 < known / unknown < 1.6, took

    async def test_a_name_is_looked_up_alike_at_every_door(self, anybody: Asker) -> None:
        await anybody.sign_up("Kate")
        for name in ("kate", "KATE"):
            assert (await anybody.sign_in(name))["errors"] == []
            assert (await anybody.data(USER, name=name))["username"] == "Kate"
        for name in ("\u212aate", "\u212aate@example.com", "kate\u0301", "ＫＡＴＥ"):  # noqa: RUF001
            assert (await anybody.sign_in(name))["errors"] == [CREDENTIALS_REFUSED]
            assert await anybody.data(USER, name=name) is None

    @pytest.mark.parametrize("typed", ["NFC", "NFD"])
    async def test_a_password_of_an_earlier_kind_is_hashed_anew(
        self, anybody: Asker, database: Database, typed: Literal["NFC", "NFD"]
    ) -> None:
        await anybody.sign_up()
        password = unicodedata.normalize(typed, "pässwört-übung")
        await database.write(
            "UPDATE users SET password = $1", make_password(password, None, "argon2")
        )
        assert (await anybody.sign_in("ada", "wrong"))["errors"] == [CREDENTIALS_REFUSED]
        assert (await anybody.sign_in("ada", password))["errors"] == []
        for form in ("NFC", "NFD"):
            payload = await anybody.sign_in("ada", unicodedata.normalize(form, password))
            assert payload["errors"] == []

    async def test_an_address_from_before_its_rule_signs_in(
        self, anybody: Asker, database: Database
    ) -> None:
        await anybody.sign_up()
        await database.write("UPDATE users SET email = 'ada@[127.0.0.1]'")
        assert (await anybody.sign_in("Ada@[127.0.0.1]"))["errors"] == []

    async def test_after_too_many_wrong_passwords_one_has_to_wait(self, anybody: Asker) -> None:
        session = (await anybody.sign_up())["session"]
        accounts = anybody.services.get(Accounts)
        for _ in range(50):
            accounts.attempts.count(Account(anybody.viewer_of(session), "Ada@example.com"), None)
        answer = await anybody.ask("SignIn", input={"login": "ADA", "password": PASSWORD})
        assert answer["data"] is None
        (error,) = answer["errors"]
        assert "Wait 15 minutes" in error["message"]


class TestRefresh:
    @pytest.fixture
    async def session(self, anybody: Asker) -> Any:
        return (await anybody.sign_up())["session"]

    async def test_each_token_gives_the_next(
        self, anybody: Asker, database: Database, session: Any
    ) -> None:
        seen = {session["refreshToken"]}
        for _ in range(5):
            await grow_older(database, 3600)
            payload = await anybody.refresh(session["refreshToken"])
            assert payload["errors"] == []
            session = payload["session"]
            assert session["refreshToken"] not in seen
            seen.add(session["refreshToken"])
            ends = datetime.fromisoformat(session["refreshTokenExpiresAt"])
            assert ends - datetime.now(UTC) > timedelta(days=29.9)
        assert anybody.viewer_of(session)
        assert await number_of(database, "sessions") == 1
        assert await events(database) == []

    async def test_a_lost_answer_is_given_again_for_thirty_seconds(
        self, anybody: Asker, database: Database, session: Any
    ) -> None:
        first = (await anybody.refresh(session["refreshToken"]))["session"]
        await grow_older(database, 29)
        again = (await anybody.refresh(session["refreshToken"]))["session"]
        assert again["refreshToken"] == first["refreshToken"]
        assert (await anybody.refresh(first["refreshToken"]))["errors"] == []

    async def test_a_token_used_twice_later_ends_the_session(
        self, anybody: Asker, database: Database, session: Any
    ) -> None:
        notified: list[int] = []
        anybody.services.notify = lambda: notified.append(1)
        successor = (await anybody.refresh(session["refreshToken"]))["session"]
        await grow_older(database, 31)
        assert codes(await anybody.refresh(session["refreshToken"])) == [
            ("TOKEN_REFUSED", "input", "refreshToken")
        ]
        assert codes(await anybody.refresh(successor["refreshToken"])) != []
        said = anybody.services.get(Accounts).access_tokens.read(session["accessToken"])
        assert await events(database) == [
            ("session_revoked", said.viewer_id, said.session_id, None)
        ]
        assert notified == [1]

    async def test_an_older_token_ends_it_at_once(
        self, anybody: Asker, database: Database, session: Any
    ) -> None:
        second = (await anybody.refresh(session["refreshToken"]))["session"]
        third = (await anybody.refresh(second["refreshToken"]))["session"]
        assert codes(await anybody.refresh(session["refreshToken"])) != []
        assert codes(await anybody.refresh(third["refreshToken"])) != []
        assert len(await events(database)) == 1

    async def test_whoever_comes_at_once_gets_the_same_successor(
        self, anybody: Asker, session: Any
    ) -> None:
        payloads = await asyncio.gather(
            *(Asker(anybody.services).refresh(session["refreshToken"]) for _ in range(20))
        )
        assert len({payload["session"]["refreshToken"] for payload in payloads}) == 1

    async def test_whatever_is_no_good_is_refused_alike(
        self, anybody: Asker, database: Database, session: Any
    ) -> None:
        token = session["refreshToken"]
        key, generation, proof = token.split(".")
        payloads = [
            await anybody.refresh(text)
            for text in (
                "",
                "garbage",
                "\0",
                "\ud800",
                token + "0",
                f"{key}.{generation}.{'0' * 64}",
                f"{key}.2.{proof}",
                f"{int(key) + 1}.{generation}.{proof}",
                f"{key}.{generation}.{proof.upper()}",
                session["accessToken"],
            )
        ]
        await grow_older(database, 31 * 86_400)
        payloads.append(await anybody.refresh(token))
        assert len({str(payload) for payload in payloads}) == 1
        assert payloads[0]["session"] is None
        # None of it, all of which anybody could send, has ended the session.
        await grow_older(database, -31 * 86_400)
        assert await events(database) == []
        assert (await anybody.refresh(token))["errors"] == []

    async def test_nor_is_one_of_a_person_who_is_shut_out(
        self, anybody: Asker, database: Database, session: Any
    ) -> None:
        await database.write("UPDATE users SET is_active = false")
        assert codes(await anybody.refresh(session["refreshToken"])) != []

    async def test_without_the_servers_secret_the_tables_give_no_token(
        self, anybody: Asker, database: Database, accounts: Accounts, session: Any
    ) -> None:
        (row,) = await database.fetch("SELECT id, salt, generation FROM sessions")
        thief = type(accounts.refresh_tokens)(b"a guess")
        stolen = thief.make(row[0], row[1], row[2]).text
        assert stolen != session["refreshToken"]
        assert codes(await anybody.refresh(stolen)) != []


class TestSignOut:
    async def test_ends_the_session_once(self, anybody: Asker, database: Database) -> None:
        session = (await anybody.sign_up())["session"]
        other = (await anybody.sign_in("ada"))["session"]
        assert await anybody.sign_out(session["refreshToken"])
        assert not await anybody.sign_out(session["refreshToken"])
        assert codes(await anybody.refresh(session["refreshToken"])) != []
        assert (await anybody.refresh(other["refreshToken"]))["errors"] == []
        said = anybody.services.get(Accounts).access_tokens.read(session["accessToken"])
        assert await events(database) == [
            ("session_revoked", said.viewer_id, said.session_id, None)
        ]

    async def test_everywhere_ends_all_of_the_persons_and_no_others(
        self, anybody: Asker, database: Database
    ) -> None:
        mine = [(await anybody.sign_up())["session"]]
        mine += [(await anybody.sign_in("ada"))["session"] for _ in range(2)]
        others = (await anybody.sign_up("grace"))["session"]
        assert await anybody.sign_out(mine[1]["refreshToken"], everywhere=True)
        for session in mine:
            assert codes(await anybody.refresh(session["refreshToken"])) != []
            assert not await anybody.sign_out(session["refreshToken"], everywhere=True)
        assert (await anybody.refresh(others["refreshToken"]))["errors"] == []
        ended = {subject for _, _, subject, _ in await events(database)}
        read = anybody.services.get(Accounts).access_tokens.read
        assert ended == {read(session["accessToken"]).session_id for session in mine}

    @pytest.mark.parametrize("token", ["", "garbage", "1.1." + "0" * 64, "\0", "x" * 100_000])
    async def test_with_garbage_changes_nothing(
        self, anybody: Asker, database: Database, token: str
    ) -> None:
        await anybody.sign_up()
        for everywhere in (False, True):
            assert not await anybody.sign_out(token, everywhere=everywhere)
        assert await events(database) == []

    async def test_a_forged_token_of_a_known_session_ends_nothing(
        self, anybody: Asker, database: Database
    ) -> None:
        session = (await anybody.sign_up())["session"]
        key = session["refreshToken"].split(".")[0]
        assert not await anybody.sign_out(f"{key}.1.{'0' * 64}", everywhere=True)
        assert await events(database) == []

    async def test_many_at_once_end_it_once(self, anybody: Asker, database: Database) -> None:
        session = (await anybody.sign_up())["session"]
        ended = await asyncio.gather(
            *(Asker(anybody.services).sign_out(session["refreshToken"]) for _ in range(10))
        )
        assert sum(ended) == 1
        assert len(await events(database)) == 1


async def test_devices_that_sign_out_everywhere_at_once_do_not_wait_in_a_circle(
    anybody: Asker, database: Database
) -> None:
    await anybody.sign_up()
    for _ in range(10):
        signed_in = [await anybody.sign_in("ada") for _ in range(3)]
        tokens = [each["session"]["refreshToken"] for each in signed_in]
        ended = await asyncio.gather(
            *(Asker(anybody.services).sign_out(token, everywhere=True) for token in tokens)
        )
        assert sum(ended) == 1


async def test_a_removed_person_can_refresh_and_sign_in_no_more(
    anybody: Asker, database: Database
) -> None:
    session = (await anybody.sign_up())["session"]
    [[user_id]] = await database.fetch("SELECT id FROM users")
    await delete_account(database, user_id)
    again = await Asker(anybody.services).sign_up("ADA", email="other@example.com")
    assert codes(again) == [("USERNAME_TAKEN", "input", "username")]
    assert codes(await anybody.refresh(session["refreshToken"])) != []
    assert (await anybody.sign_in("ada"))["errors"] == [CREDENTIALS_REFUSED]
    assert await Asker(anybody.services, anybody.viewer_of(session)).data("Viewer") is None


async def test_too_many_hashes_at_once_are_refused_as_a_whole(
    anybody: Asker, accounts: Accounts
) -> None:
    for _ in range(64):
        assert accounts.passwords._places.acquire(blocking=False)
    with pytest.raises(ClientError, match="Try again"):
        await accounts.passwords.hashed("x")
    answer = await anybody.ask("SignIn", input={"login": "ada", "password": PASSWORD})
    assert "Try again" in answer["errors"][0]["message"]
    for _ in range(64):
        accounts.passwords._places.release()
