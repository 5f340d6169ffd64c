"""A password that is changed, or hashed anew, between the check of it and the session that begins with it."""

from __future__ import annotations

import asyncio

import pytest
from django.contrib.auth.hashers import make_password

from core.accounts.passwords import Checked
from core.accounts.sessions import Accounts
from core.database.database import Database
from tests.core.accounts.world import PASSWORD, Asker, codes

REFUSED = [("CREDENTIALS_REFUSED", "input")]
SESSIONS = "SELECT count(*) FROM sessions WHERE revoked_at IS NULL"


async def sessions_in_force(database: Database) -> int:
    [[count]] = await database.fetch(SESSIONS)
    return int(count)


@pytest.fixture
async def unsigned(anybody: Asker, database: Database) -> Asker:
    """Nobody is signed in; ada has an account."""
    await anybody.sign_up()
    await database.write("DELETE FROM sessions")
    return anybody


@pytest.mark.parametrize("hasher", ["default", "argon2"])
async def test_an_old_password_begins_no_session(
    unsigned: Asker,
    accounts: Accounts,
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
    hasher: str,
) -> None:
    """It was right when it was checked. With the other hasher it is also to be stored anew."""
    if hasher != "default":
        await database.write(
            "UPDATE users SET password = $1", make_password(PASSWORD, None, hasher)
        )
    check = accounts.passwords.check

    async def check_then_change(password: str, encoded: str | None) -> Checked:
        checked = await check(password, encoded)
        await database.write("UPDATE users SET password = $1", make_password("another one, longer"))
        return checked

    monkeypatch.setattr(accounts.passwords, "check", check_then_change)
    payload = await unsigned.sign_in("ada")
    assert codes(payload) == REFUSED
    assert await sessions_in_force(database) == 0
    monkeypatch.undo()
    assert (await unsigned.sign_in("ada", "another one, longer"))["errors"] == []


async def test_a_session_waits_for_a_change_that_is_under_way(
    unsigned: Asker, database: Database
) -> None:
    async with database.transaction() as change:
        await change.fetch("UPDATE users SET password = $1", make_password("another one, longer"))
        signing_in = asyncio.create_task(unsigned.sign_in("ada"))
        while not await database.fetch(  # noqa: ASYNC110  # nothing notifies of it
            "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        ):
            await asyncio.sleep(0.01)
    assert codes(await signing_in) == REFUSED
    assert await sessions_in_force(database) == 0


async def test_sign_ins_that_store_a_better_hash_at_once_all_succeed(
    unsigned: Asker, database: Database
) -> None:
    await database.write("UPDATE users SET password = $1", make_password(PASSWORD, None, "argon2"))
    payloads = await asyncio.gather(*(unsigned.sign_in("ada") for _ in range(4)))
    assert [payload["errors"] for payload in payloads] == [[]] * 4
    assert await sessions_in_force(database) == 4


async def test_who_is_suspended_meanwhile_begins_no_session(
    unsigned: Asker, accounts: Accounts, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    check = accounts.passwords.check

    async def check_then_suspend(password: str, encoded: str | None) -> Checked:
        checked = await check(password, encoded)
        await database.write("UPDATE users SET is_active = false")
        return checked

    monkeypatch.setattr(accounts.passwords, "check", check_then_suspend)
    assert codes(await unsigned.sign_in("ada")) == REFUSED
    assert await sessions_in_force(database) == 0
