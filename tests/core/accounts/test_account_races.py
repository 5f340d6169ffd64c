"""Resets, deletions, restorations, sign-ins and sign-ups of one account at once."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from core.accounts.selectors import MAX_SESSIONS
from core.accounts.statements import SQL
from core.database.database import Database
from tests.core.accounts.mailbox import Mailbox, mailbox_in_use, mails_send, token_of
from tests.core.accounts.test_account import NEW_PASSWORD, client_of
from tests.core.accounts.world import PASSWORD, ApiClient, Json, codes, number_of

REFUSED = [("TOKEN_REFUSED", "input", "token")]
CONSISTENT = """
SELECT (SELECT is_active FROM users), (SELECT count(*) FROM account_deletions),
    (SELECT count(*) FROM jobs WHERE kind = 'account_erase')
"""
LOCKED = (
    "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
)


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with mailbox_in_use() as mailbox:
        yield mailbox


def fresh(client: ApiClient) -> ApiClient:
    """Another anonymous client, since a client counts the statements of one request."""
    return ApiClient(client.services)


async def reset_token(anonymous: ApiClient, mailbox: Mailbox) -> str:
    """A token that resets the password of ada, whose address is verified."""
    await anonymous.services.database.write("UPDATE users SET email_verified = true")
    await anonymous.do("RequestPasswordReset", login="ada")
    await mails_send(anonymous.services.database)
    return token_of(mailbox.received[-1])


async def test_a_reset_token_works_once_at_once(
    anonymous: ApiClient, database: Database, mailbox: Mailbox
) -> None:
    await anonymous.sign_up("ada")
    token = await reset_token(anonymous, mailbox)
    passwords = [f"{NEW_PASSWORD} {number}" for number in range(4)]
    payloads: list[Json] = await asyncio.gather(
        *(fresh(anonymous).do("ResetPassword", token=token, newPassword=new) for new in passwords)
    )
    used = [number for number, payload in enumerate(payloads) if payload["session"]]
    assert len(used) == 1
    assert [codes(payload) for payload in payloads if not payload["session"]] == [REFUSED] * 3
    works = [codes(await anonymous.sign_in("ada", new)) == [] for new in passwords]
    assert works == [number in used for number in range(4)]
    assert await number_of(database, "account_tokens") == 0


async def test_a_reset_token_and_a_new_address_at_once(
    anonymous: ApiClient, database: Database, mailbox: Mailbox
) -> None:
    """Whichever comes first: the token never works after the address has changed."""
    ada = await client_of(anonymous, (await anonymous.sign_up("ada"))["session"])
    token = await reset_token(anonymous, mailbox)
    await ada.do("ChangeEmail", password=PASSWORD, email="new@example.org")
    await mails_send(database)
    verify = token_of(mailbox.received[-1])
    reset, verified = await asyncio.gather(
        fresh(anonymous).do("ResetPassword", token=token, newPassword=NEW_PASSWORD),
        fresh(anonymous).do("VerifyEmail", token=verify),
    )
    # Each ends the other's token.
    assert (codes(reset), codes(verified)) in (([], REFUSED), (REFUSED, []))
    again = await anonymous.do("ResetPassword", token=token, newPassword=PASSWORD)
    assert codes(again) == REFUSED


@pytest.mark.parametrize(
    ("name", "values"), [("ChangeEmail", {"email": "thief@example.org"}), ("DeleteAccount", {})]
)
async def test_a_password_permits_nothing_after_it_has_been_changed(
    anonymous: ApiClient, database: Database, name: str, values: Json
) -> None:
    """A thief who knows the old password is a moment too late."""
    session = (await anonymous.sign_up("ada"))["session"]
    thief = await client_of(anonymous, session)
    async with database.transaction() as owner:
        await owner.fetch("UPDATE users SET password = 'another'")
        stolen = asyncio.create_task(thief.do(name, password=PASSWORD, **values))
        while not stolen.done() and not await database.fetch(LOCKED):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    assert codes(await stolen) == [("CREDENTIALS_REFUSED", "input", "password")]
    [user] = await database.fetch("SELECT is_active, pending_email FROM users")
    assert tuple(user) == (True, None)


async def test_deletion_and_restoration_at_once_leave_one_of_both(
    anonymous: ApiClient, database: Database
) -> None:
    session = (await anonymous.sign_up("ada"))["session"]
    for _ in range(6):
        ada = await client_of(anonymous, session)
        restoring = [
            fresh(anonymous).do("RestoreAccount", login="ada", password=PASSWORD) for _ in range(2)
        ]
        deleted, *restored = await asyncio.gather(
            ada.do("DeleteAccount", password=PASSWORD), *restoring
        )
        assert codes(deleted) == []
        assert all(codes(payload) == [] for payload in restored)
        [state] = await database.fetch(CONSISTENT)
        assert tuple(state) in ((True, 0, 0), (False, 1, 1))
        is_active = state[0]
        live = await number_of(database, "sessions WHERE revoked_at IS NULL")
        assert is_active or live == 0
        payload = await anonymous.do("RestoreAccount", login="ada", password=PASSWORD)
        assert codes(payload) == []
        session = payload["session"]


async def test_many_sign_ins_at_once_leave_fifty_sessions(
    anonymous: ApiClient, database: Database
) -> None:
    await anonymous.sign_up("ada")
    await database.write(
        "INSERT INTO sessions (user_id, salt, token_hash, expires_at) "
        "SELECT id, '', '', now() + interval '1 d' FROM users, generate_series(1, $1)",
        MAX_SESSIONS - 3,
    )
    payloads = await asyncio.gather(*(fresh(anonymous).sign_in("ada") for _ in range(12)))
    assert [codes(payload) for payload in payloads] == [[]] * 12
    assert await number_of(database, "sessions WHERE revoked_at IS NULL") == MAX_SESSIONS


async def test_a_session_that_is_in_use_leaves_none_too_many(
    anonymous: ApiClient, database: Database
) -> None:
    await anonymous.sign_up("ada")
    await database.write(
        "INSERT INTO sessions (user_id, salt, token_hash, expires_at) "
        "SELECT id, '', '', now() + interval '1 d' FROM users, generate_series(1, $1)",
        MAX_SESSIONS - 1,
    )
    async with database.transaction() as refreshing:
        # As a refresh of the session that was used longest ago does.
        [first] = await refreshing.fetch(
            "SELECT id FROM sessions ORDER BY rotated_at, id LIMIT 1 FOR NO KEY UPDATE"
        )
        assert codes(await anonymous.sign_in("ada")) == []
        assert await number_of(database, "sessions WHERE revoked_at IS NULL") == MAX_SESSIONS
        [ended] = await database.fetch("SELECT id FROM sessions WHERE revoked_at IS NOT NULL")
        assert ended[0] != first[0]


async def test_of_names_that_look_alike_one_signs_up(
    anonymous: ApiClient, database: Database
) -> None:
    async with database.transaction() as first:
        await first.fetch(SQL.username_lock, "paypal")
        await first.fetch(SQL.user_create, "paypal", "one@example.com", "!", "One")
        second = asyncio.create_task(fresh(anonymous).sign_up("PayPa1"))
        while not second.done() and not await database.fetch(LOCKED):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    assert codes(await second) == [("USERNAME_TAKEN", "input", "username")]
    assert await number_of(database, "users") == 1


@pytest.mark.parametrize(
    "name",
    [
        "adm1n",
        "Ad_Min",
        "r00t",
        "rn0derat0r",
        "he1p",
        "SUPP0RT",
        "nu11",
        "offic1a1",
        "0fficIaI",
        "n11",
    ],
)
async def test_a_reserved_name_in_disguise_is_refused(anonymous: ApiClient, name: str) -> None:
    payload = await anonymous.sign_up(name, email="ada@example.com")
    assert codes(payload) == [("INVALID_INPUT", "input", "username")]
    answer = await anonymous.data("UsernameAvailability", username=name)
    assert answer["isAvailable"] is False
