"""Resets and verifications by hand: other forms of tokens, other states of accounts, several at once."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from core.accounts.statements import SQL
from tests.core.accounts.mailbox import Mailbox, mailbox_in_use, mails_send, newest_token
from tests.core.accounts.test_account import NEW_PASSWORD, client_of
from tests.core.accounts.world import PASSWORD, ApiClient, codes, number_of
from tests.interactions.cast import create_posts

REFUSED = [("TOKEN_REFUSED", "input", "token")]
WRONG = [("CREDENTIALS_REFUSED", "input")]
DELETED = [("ACCOUNT_DELETED", "input")]
SUSPENDED = [("ACCOUNT_SUSPENDED", "input")]
PROFILE = "query Q($username: String!) { user(username: $username) { id } }"


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with mailbox_in_use() as mailbox:
        yield mailbox


def fresh(client: ApiClient) -> ApiClient:
    """Another client of the same user, since a client counts the statements of one request."""
    return ApiClient(client.services, client.viewer_id, client.session_id)


async def signed_up(anonymous: ApiClient, name: str = "ada", **values: Any) -> ApiClient:
    """A new user whose address counts as verified."""
    session = (await anonymous.sign_up(name, **values))["session"]
    user = await client_of(anonymous, session)
    database = anonymous.services.database
    await database.write("UPDATE users SET email_verified = true WHERE id = $1", user.viewer_id)
    await database.write("DELETE FROM account_tokens WHERE user_id = $1", user.viewer_id)
    return user


async def reset_token(anonymous: ApiClient, mailbox: Mailbox, login: str = "ada") -> str:
    await anonymous.do("RequestPasswordReset", login=login)
    return await newest_token(anonymous.services.database, mailbox)


async def reset(anonymous: ApiClient, token: str, password: str = NEW_PASSWORD) -> Any:
    return await fresh(anonymous).do("ResetPassword", token=token, newPassword=password)


@pytest.mark.parametrize("form", [" {}", "{}\n", "\t{} \r\n"])
async def test_white_space_around_a_token_is_no_part_of_it(
    anonymous: ApiClient, mailbox: Mailbox, form: str
) -> None:
    await signed_up(anonymous)
    token = await reset_token(anonymous, mailbox)
    assert codes(await reset(anonymous, form.format(token))) == []
    assert codes(await anonymous.sign_in("ada", NEW_PASSWORD)) == []


@pytest.mark.parametrize(
    "change",
    [
        lambda token: token.upper(),
        lambda token: token[:-1],
        lambda token: token + "0",
        lambda token: "0" + token,
        lambda token: "+" + token,
        lambda token: token.replace("-", "\u2010"),
        lambda token: token.replace("-", " "),
        lambda token: token.replace("-", "-\u200b"),
        lambda token: "".join(
            chr(ord(each) + 0xFEE0) if each.isdigit() else each for each in token
        ),
        lambda token: f"{int(token.partition('-')[0]) + 1}-{token.partition('-')[2]}",
        lambda token: token[:-1] + ("0" if token[-1] != "0" else "1"),
    ],
)
async def test_any_other_form_of_a_token_is_refused_and_uses_nothing_up(
    anonymous: ApiClient, mailbox: Mailbox, change: Any
) -> None:
    await signed_up(anonymous)
    token = await reset_token(anonymous, mailbox)
    if change(token) == token:
        pytest.skip("This token has no letters.")
    assert codes(await reset(anonymous, change(token))) == REFUSED
    assert codes(await anonymous.sign_in("ada")) == []
    assert codes(await reset(anonymous, token)) == []


async def test_a_token_that_verifies_resets_nothing(anonymous: ApiClient, mailbox: Mailbox) -> None:
    await anonymous.sign_up("ada")
    token = await newest_token(anonymous.services.database, mailbox)
    assert codes(await reset(anonymous, token)) == REFUSED
    assert codes(await anonymous.sign_in("ada")) == []
    assert (await anonymous.do("VerifyEmail", token=token))["changed"]


async def test_a_deleted_account_s_address_is_not_verified(
    anonymous: ApiClient, mailbox: Mailbox
) -> None:
    session = (await anonymous.sign_up("ada"))["session"]
    token = await newest_token(anonymous.services.database, mailbox)
    await (await client_of(anonymous, session)).do("DeleteAccount", password=PASSWORD)
    payload = await fresh(anonymous).do("VerifyEmail", token=token)
    assert (payload["changed"], codes(payload)) == (False, REFUSED)
    assert await number_of(anonymous.services.database, "users WHERE email_verified") == 0


@pytest.mark.parametrize(("seconds", "expected"), [(0, REFUSED), (-1, REFUSED), (60, [])])
async def test_a_token_ends_exactly_at_its_end(
    anonymous: ApiClient, mailbox: Mailbox, seconds: int, expected: list[Any]
) -> None:
    await signed_up(anonymous)
    token = await reset_token(anonymous, mailbox)
    [[minutes]] = await anonymous.services.database.fetch(
        "SELECT round(extract(epoch FROM expires_at - created_at) / 60) FROM account_tokens"
    )
    assert minutes == 60
    await anonymous.services.database.write(
        "UPDATE account_tokens SET expires_at = now() + $1 * interval '1 s'", seconds
    )
    assert codes(await reset(anonymous, token)) == expected


async def test_a_token_verifies_once_at_once(anonymous: ApiClient, mailbox: Mailbox) -> None:
    await anonymous.sign_up("ada")
    token = await newest_token(anonymous.services.database, mailbox)
    payloads = await asyncio.gather(
        *(fresh(anonymous).do("VerifyEmail", token=token) for _ in range(6))
    )
    assert sorted(payload["changed"] for payload in payloads) == [False] * 5 + [True]
    assert [codes(each) for each in payloads if not each["changed"]] == [REFUSED] * 5


async def test_a_reset_and_a_change_of_the_password_at_once(
    anonymous: ApiClient, mailbox: Mailbox
) -> None:
    """One of both wins, and the other has no effect."""
    database = anonymous.services.database
    ada = await signed_up(anonymous)
    passwords = {"old": PASSWORD}
    for number in range(5):
        token = await reset_token(anonymous, mailbox)
        by_reset, by_change = f"{NEW_PASSWORD} r{number}", f"{NEW_PASSWORD} c{number}"
        was_reset, changed = await asyncio.gather(
            reset(anonymous, token, by_reset),
            fresh(ada).do(
                "ChangePassword", currentPassword=passwords["old"], newPassword=by_change
            ),
        )
        assert (codes(was_reset), codes(changed)) in (
            ([], [("CREDENTIALS_REFUSED", "input", "currentPassword")]),
            (REFUSED, []),
        )
        passwords = (
            {"old": by_change, "lost": by_reset}
            if changed["changed"]
            else {"old": by_reset, "lost": by_change}
        )
        assert codes(await anonymous.sign_in("ada", passwords["lost"])) == WRONG
        session = (await anonymous.sign_in("ada", passwords["old"]))["session"]
        ada = await client_of(anonymous, session)
        await database.write("DELETE FROM account_tokens")


async def test_two_devices_change_the_password_at_once(
    anonymous: ApiClient, mailbox: Mailbox
) -> None:
    phone = await signed_up(anonymous)
    laptop = await client_of(anonymous, (await anonymous.sign_in("ada"))["session"])
    new = [f"{NEW_PASSWORD} {number}" for number in range(2)]
    payloads = await asyncio.gather(
        *(
            device.do("ChangePassword", currentPassword=PASSWORD, newPassword=password)
            for device, password in zip((phone, laptop), new, strict=True)
        )
    )
    changed = [payload["changed"] for payload in payloads]
    assert sorted(changed) == [False, True]
    assert codes(payloads[changed.index(False)]) == [
        ("CREDENTIALS_REFUSED", "input", "currentPassword")
    ]
    for password, is_new in zip(new, changed, strict=True):
        assert codes(await anonymous.sign_in("ada", password)) == ([] if is_new else WRONG)
    # The sessions: of the device that won, and of the sign-in just now.
    live = await number_of(anonymous.services.database, "sessions WHERE revoked_at IS NULL")
    assert live == 2


async def test_of_two_users_who_verify_one_address_at_once_one_gets_it(
    anonymous: ApiClient, mailbox: Mailbox
) -> None:
    database = anonymous.services.database
    tokens = []
    for name in ("ada", "grace"):
        user = await signed_up(anonymous, name)
        await user.do("ChangeEmail", password=PASSWORD, email="shared@example.org")
        tokens.append(await newest_token(database, mailbox))
    payloads = await asyncio.gather(
        *(fresh(anonymous).do("VerifyEmail", token=token) for token in tokens)
    )
    assert sorted(payload["changed"] for payload in payloads) == [False, True]
    assert [codes(each) for each in payloads if not each["changed"]] == [REFUSED]
    assert await number_of(database, "users WHERE email = 'shared@example.org'") == 1


async def test_a_token_for_the_address_before_the_last_change_is_refused(
    anonymous: ApiClient, mailbox: Mailbox
) -> None:
    database = anonymous.services.database
    ada = await signed_up(anonymous)
    tokens = []
    for email in ("one@example.org", "two@example.org"):
        await ada.do("ChangeEmail", password=PASSWORD, email=email)
        tokens.append(await newest_token(database, mailbox))
    assert codes(await anonymous.do("VerifyEmail", token=tokens[0])) == REFUSED
    assert (await anonymous.do("VerifyEmail", token=tokens[1]))["changed"]
    assert codes(await anonymous.do("VerifyEmail", token=tokens[0])) == REFUSED
    assert (await ada.data("Me"))["email"] == "two@example.org"


@pytest.mark.parametrize("is_requested_before", [False, True])
async def test_a_deleted_account_gets_a_password_to_be_restored_with(
    anonymous: ApiClient, mailbox: Mailbox, is_requested_before: bool
) -> None:
    ada = await signed_up(anonymous)
    token = await reset_token(anonymous, mailbox) if is_requested_before else ""
    await ada.do("DeleteAccount", password=PASSWORD)
    token = token or await reset_token(anonymous, mailbox)
    payload = await reset(anonymous, token)
    assert (payload["session"], codes(payload)) == (None, DELETED)
    # It is still deleted, and hidden.
    assert await anonymous.data(PROFILE, username="ada") is None
    database = anonymous.services.database
    assert await number_of(database, "sessions WHERE revoked_at IS NULL") == 0
    assert codes(await anonymous.sign_in("ada", PASSWORD)) == WRONG
    assert codes(await anonymous.sign_in("ada", NEW_PASSWORD)) == DELETED
    assert codes(await reset(anonymous, token)) == REFUSED
    restored = await anonymous.do("RestoreAccount", login="ada", password=NEW_PASSWORD)
    assert codes(restored) == []
    assert await anonymous.data(PROFILE, username="ada") is not None


async def test_an_account_that_is_being_erased_gets_no_password(
    anonymous: ApiClient, mailbox: Mailbox
) -> None:
    ada = await signed_up(anonymous)
    await ada.do("DeleteAccount", password=PASSWORD)
    token = await reset_token(anonymous, mailbox)
    database = anonymous.services.database
    await database.write("UPDATE account_deletions SET erases_at = now()")
    received = len(mailbox.received)
    before = await anonymous.do("RequestPasswordReset", login="ada")
    unknown = await anonymous.do("RequestPasswordReset", login="nobody")
    assert before == unknown
    await mails_send(database)
    assert len(mailbox.received) == received
    [[stored]] = await database.fetch("SELECT password FROM users")
    assert codes(await reset(anonymous, token)) == REFUSED
    assert await database.fetch("SELECT password FROM users") == [(stored,)]


async def test_a_suspended_user_s_password_stays(anonymous: ApiClient, mailbox: Mailbox) -> None:
    ada = await signed_up(anonymous)
    token = await reset_token(anonymous, mailbox)
    database = anonymous.services.database
    await database.write(SQL.user_suspend, ada.viewer_id, None)
    received = len(mailbox.received)
    assert codes(await anonymous.do("RequestPasswordReset", login="ada")) == []
    await mails_send(database)
    assert len(mailbox.received) == received
    assert codes(await reset(anonymous, token)) == REFUSED
    assert codes(await anonymous.sign_in("ada", NEW_PASSWORD)) == WRONG
    assert codes(await anonymous.sign_in("ada", PASSWORD)) == SUSPENDED
    # The token was not used up: it works once the suspension is over.
    await database.write(SQL.user_unsuspend, ada.viewer_id)
    assert codes(await reset(anonymous, token)) == []


async def test_a_deletion_takes_the_form_of_the_password_that_signs_in(
    anonymous: ApiClient, mailbox: Mailbox
) -> None:
    """Full width, composed or not: passwords are compared in NFKC. The login folds as at sign-in."""
    await signed_up(anonymous, password="hush, caf\u00e9 no. 42")
    forms = ["hush, cafe\u0301 no. 42", "\uff48ush, caf\u00e9 no. 4\uff12"]
    for form, login in zip(forms, ("ADA", " Ada@Example.COM "), strict=True):
        session = (await anonymous.sign_in(login, form))["session"]
        ada = await client_of(anonymous, session)
        wrong = await ada.do("DeleteAccount", password=form.upper())
        assert codes(wrong) == [("CREDENTIALS_REFUSED", "input", "password")]
        assert (await ada.do("DeleteAccount", password=form))["errors"] == []
        assert codes(await anonymous.sign_in(login, form)) == DELETED
        restored = await anonymous.do("RestoreAccount", login=login, password=form)
        assert codes(restored) == []


@pytest.mark.parametrize(
    "login", ["\uff41da", "ad\u00e1", "ada\u0301", "@ada", "ada\uff20example.com"]
)
async def test_a_login_that_only_looks_like_another_restores_and_resets_nothing(
    anonymous: ApiClient, mailbox: Mailbox, login: str
) -> None:
    ada = await signed_up(anonymous)
    await ada.do("DeleteAccount", password=PASSWORD)
    await mails_send(anonymous.services.database)
    mailbox.received.clear()
    assert codes(await anonymous.do("RestoreAccount", login=login, password=PASSWORD)) == WRONG
    assert codes(await anonymous.do("RequestPasswordReset", login=login)) == []
    await mails_send(anonymous.services.database)
    assert mailbox.received == []
    assert await number_of(anonymous.services.database, "account_deletions") == 1


async def test_two_deletions_at_once_give_one_end(anonymous: ApiClient, mailbox: Mailbox) -> None:
    ada = await signed_up(anonymous)
    await create_posts(anonymous.services.database, ada.viewer_id or 0)
    input_values = {"password": PASSWORD}
    results = await asyncio.gather(
        *(fresh(ada).execute("DeleteAccount", input=input_values) for _ in range(4))
    )
    ends = [r["data"]["deleteAccount"]["erasesAt"] for r in results if not r.get("errors")]
    refused = [r["errors"][0]["extensions"]["code"] for r in results if r.get("errors")]
    assert len(ends) == 1
    assert refused == ["UNAUTHENTICATED"] * 3
    database = anonymous.services.database
    assert await number_of(database, "jobs WHERE kind = 'account_erase'") == 1
    assert await number_of(database, "events WHERE kind = 'user_deleted'") == 1
