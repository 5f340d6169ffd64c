"""Sign-in while the password or its hash changes between the check and the start of the session."""

from __future__ import annotations

import asyncio

import pytest
from django.contrib.auth.hashers import make_password

from core.accounts.passwords import PasswordCheck
from core.accounts.sessions import Accounts
from core.database.database import Database
from tests.core.accounts.world import PASSWORD, ApiClient, codes, number_of

REFUSED = [("CREDENTIALS_REFUSED", "input")]
SESSIONS = "SELECT count(*) FROM sessions WHERE revoked_at IS NULL"


async def active_sessions(database: Database) -> int:
    [[count]] = await database.fetch(SESSIONS)
    return int(count)


@pytest.fixture
async def signed_out(anonymous: ApiClient, database: Database) -> ApiClient:
    """A client without a session; ada has an account."""
    await anonymous.sign_up()
    await database.write("DELETE FROM sessions")
    return anonymous


def change_after_check(
    monkeypatch: pytest.MonkeyPatch, accounts: Accounts, database: Database
) -> None:
    """The password changes each time after it was checked, until the patch is undone."""
    check = accounts.passwords.check

    async def check_then_change(password: str, encoded: str | None) -> PasswordCheck:
        checked = await check(password, encoded)
        await database.write("UPDATE users SET password = $1", make_password("another one, longer"))
        return checked

    monkeypatch.setattr(accounts.passwords, "check", check_then_change)


@pytest.mark.parametrize("hasher", ["default", "argon2"])
async def test_an_old_password_starts_no_session(
    signed_out: ApiClient,
    accounts: Accounts,
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
    hasher: str,
) -> None:
    """It was correct when checked. With the older hasher its hash would also be replaced."""
    if hasher != "default":
        await database.write(
            "UPDATE users SET password = $1", make_password(PASSWORD, None, hasher)
        )
    change_after_check(monkeypatch, accounts, database)
    payload = await signed_out.sign_in("ada")
    assert codes(payload) == REFUSED
    assert await active_sessions(database) == 0
    monkeypatch.undo()
    assert (await signed_out.sign_in("ada", "another one, longer"))["errors"] == []


async def test_an_old_password_restores_no_account(
    signed_out: ApiClient, accounts: Accounts, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reset during the grace period comes between the check and the restoration."""
    await database.write(
        "INSERT INTO account_deletions (user_id, erases_at) SELECT id, now() + interval '1 d' FROM users"
    )
    change_after_check(monkeypatch, accounts, database)
    assert codes(await signed_out.do("RestoreAccount", login="ada", password=PASSWORD)) == REFUSED
    assert await number_of(database, "account_deletions") == 1
    assert await number_of(database, "users WHERE is_active") == 0
    assert await number_of(database, "events WHERE kind = 'user_restored'") == 0
    monkeypatch.undo()
    new = {"login": "ada", "password": "another one, longer"}
    assert codes(await signed_out.do("RestoreAccount", **new)) == []
    assert await number_of(database, "account_deletions") == 0


async def test_a_sign_in_waits_for_a_concurrent_change_of_the_password(
    signed_out: ApiClient, database: Database
) -> None:
    async with database.transaction() as change:
        await change.fetch("UPDATE users SET password = $1", make_password("another one, longer"))
        signing_in = asyncio.create_task(signed_out.sign_in("ada"))
        while not await database.fetch(  # noqa: ASYNC110  # PostgreSQL does not notify of locks
            "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        ):
            await asyncio.sleep(0.01)
    assert codes(await signing_in) == REFUSED
    assert await active_sessions(database) == 0


async def test_concurrent_sign_ins_that_replace_the_hash_all_succeed(
    signed_out: ApiClient, database: Database
) -> None:
    await database.write("UPDATE users SET password = $1", make_password(PASSWORD, None, "argon2"))
    payloads = await asyncio.gather(*(signed_out.sign_in("ada") for _ in range(4)))
    assert [payload["errors"] for payload in payloads] == [[]] * 4
    assert await active_sessions(database) == 4


async def test_a_user_suspended_meanwhile_starts_no_session(
    signed_out: ApiClient, accounts: Accounts, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    check = accounts.passwords.check

    async def check_then_suspend(password: str, encoded: str | None) -> PasswordCheck:
        checked = await check(password, encoded)
        await database.write("UPDATE users SET is_active = false")
        return checked

    monkeypatch.setattr(accounts.passwords, "check", check_then_suspend)
    assert codes(await signed_out.sign_in("ada")) == [("ACCOUNT_SUSPENDED", "input")]
    assert await active_sessions(database) == 0
