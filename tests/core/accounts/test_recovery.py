"""Verified addresses, other addresses, forgotten passwords: by mails that a real SMTP server receives."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.contrib.auth.hashers import make_password
from django.test import override_settings

from core.accounts.one_time_tokens import MAX_RESETS_PER_HOUR
from core.accounts.sessions import Accounts
from core.accounts.statements import SQL
from core.context import Services
from core.database.database import Database
from tests.core.accounts.mailbox import (
    Mailbox,
    mailbox_in_use,
    mails_send,
    newest_token,
    text_of,
    token_of,
)
from tests.core.accounts.test_account import NEW_PASSWORD, client_of
from tests.core.accounts.world import PASSWORD, ApiClient, Json, codes, number_of

REFUSED = [("TOKEN_REFUSED", "input", "token")]


@pytest.fixture(scope="module")
def opened() -> Iterator[Mailbox]:
    with mailbox_in_use() as mailbox:
        yield mailbox


@pytest.fixture
def mailbox(opened: Mailbox) -> Mailbox:
    opened.received.clear()
    opened.recipients.clear()
    opened.replies.clear()
    opened.sender_replies.clear()
    return opened


async def verified(anonymous: ApiClient, mailbox: Mailbox, username: str = "ada") -> ApiClient:
    """A new user with a verified address."""
    session = (await anonymous.sign_up(username))["session"]
    token = await newest_token(anonymous.services.database, mailbox)
    assert (await anonymous.do("VerifyEmail", token=token))["changed"]
    return await client_of(anonymous, session)


async def test_sign_up_mails_a_token_that_verifies_the_address_once(
    anonymous: ApiClient, database: Database, mailbox: Mailbox
) -> None:
    ada = await client_of(anonymous, (await anonymous.sign_up("ada"))["session"])
    assert (await ada.data("Me"))["emailVerified"] is False
    token = await newest_token(database, mailbox)
    assert mailbox.recipients == ["ada@example.com"]
    payload = await anonymous.do("VerifyEmail", token=f" {token}\n")
    assert (payload["changed"], payload["errors"]) == (True, [])
    assert (await ada.data("Me"))["emailVerified"] is True
    again = await anonymous.do("VerifyEmail", token=token)
    assert (again["changed"], codes(again)) == (False, REFUSED)


async def test_only_a_hash_of_a_token_is_stored(
    anonymous: ApiClient, database: Database, mailbox: Mailbox
) -> None:
    await anonymous.sign_up("ada")
    tables = ("account_tokens", "jobs", "events", "users")
    stored = str([await database.fetch(f"SELECT t::text FROM {table} t") for table in tables])  # noqa: S608
    token = await newest_token(database, mailbox)
    assert token.partition("-")[2] not in stored


@pytest.mark.parametrize(
    "token", ["", "x", "1-" + "0" * 64, "\ud800", "9" * 20 + "-" + "0" * 64, "x" * 100_000]
)
async def test_a_wrong_token_is_refused(
    anonymous: ApiClient, database: Database, mailbox: Mailbox, token: str
) -> None:
    await anonymous.sign_up("ada")
    assert codes(await anonymous.do("VerifyEmail", token=token)) == REFUSED
    payload = await anonymous.do("ResetPassword", token=token, newPassword=NEW_PASSWORD)
    assert codes(payload) == REFUSED
    assert await number_of(database, "account_tokens") == 1


async def test_a_token_is_good_for_one_purpose(
    anonymous: ApiClient, database: Database, mailbox: Mailbox
) -> None:
    await verified(anonymous, mailbox)
    await anonymous.do("RequestPasswordReset", login="ada")
    token = await newest_token(database, mailbox)
    assert codes(await anonymous.do("VerifyEmail", token=token)) == REFUSED
    assert codes(await anonymous.do("ResetPassword", token=token, newPassword=NEW_PASSWORD)) == []


async def test_an_expired_token_is_refused(
    anonymous: ApiClient, database: Database, mailbox: Mailbox
) -> None:
    await anonymous.sign_up("ada")
    token = await newest_token(database, mailbox)
    await database.write("UPDATE account_tokens SET expires_at = now()")
    assert codes(await anonymous.do("VerifyEmail", token=token)) == REFUSED


@pytest.mark.parametrize("login", ["ada", "ADA@example.com"])
async def test_a_forgotten_password_is_replaced_by_mail(
    anonymous: ApiClient, database: Database, mailbox: Mailbox, login: str
) -> None:
    await verified(anonymous, mailbox)
    other = (await anonymous.sign_in("ada"))["session"]
    assert codes(await anonymous.do("RequestPasswordReset", login=login)) == []
    token = await newest_token(database, mailbox)
    weak = await anonymous.do("ResetPassword", token=token, newPassword="password1")
    assert codes(weak) == [("INVALID_INPUT", "input", "newPassword")]
    payload = await anonymous.do("ResetPassword", token=token, newPassword=NEW_PASSWORD)
    assert payload["session"]["viewer"]["username"] == "ada"
    assert codes(await anonymous.refresh(payload["session"]["refreshToken"])) == []
    assert codes(await anonymous.refresh(other["refreshToken"]))[0][0] == "TOKEN_REFUSED"
    assert codes(await anonymous.sign_in("ada")) == [("CREDENTIALS_REFUSED", "input")]
    assert codes(await anonymous.sign_in("ada", NEW_PASSWORD)) == []
    again = await anonymous.do("ResetPassword", token=token, newPassword=PASSWORD)
    assert codes(again) == REFUSED
    await mails_send(database)
    assert mailbox.received[-1]["Subject"] == "Your password was changed"


async def test_a_request_is_answered_alike_for_every_login(
    anonymous: ApiClient, database: Database, mailbox: Mailbox
) -> None:
    await verified(anonymous, mailbox)
    await anonymous.sign_up("grace")
    await mails_send(database)
    mailbox.received.clear()
    answers = [
        (await anonymous.do("RequestPasswordReset", login=login), anonymous.ran)
        for login in ("ada", "grace", "nobody", "nobody@example.com", "no such name!")
    ]
    assert all(answer == answers[0] for answer in answers)
    await mails_send(database)
    # Grace has not verified her address.
    assert [mail["To"] for mail in mailbox.received] == ["ada@example.com"]


async def test_one_account_gets_few_mails_in_an_hour(
    anonymous: ApiClient, database: Database, mailbox: Mailbox
) -> None:
    await verified(anonymous, mailbox)
    mailbox.received.clear()
    for _ in range(MAX_RESETS_PER_HOUR + 2):
        await anonymous.do("RequestPasswordReset", login="ada")
    await mails_send(database)
    assert len(mailbox.received) == MAX_RESETS_PER_HOUR
    # As after the clock of PostgreSQL was set back: nobody waits for longer, and the limit still holds.
    await database.write("UPDATE account_tokens SET created_at = created_at + interval '1 hour'")
    for _ in range(MAX_RESETS_PER_HOUR + 2):
        await anonymous.do("RequestPasswordReset", login="ada")
    await mails_send(database)
    assert len(mailbox.received) == 2 * MAX_RESETS_PER_HOUR


async def test_a_new_password_or_address_ends_all_tokens(
    anonymous: ApiClient, database: Database, mailbox: Mailbox, orm: None
) -> None:
    ada = await verified(anonymous, mailbox)
    await anonymous.do("RequestPasswordReset", login="ada")
    token = await newest_token(database, mailbox)
    await ada.do("ChangePassword", currentPassword=PASSWORD, newPassword=NEW_PASSWORD)
    payload = await anonymous.do("ResetPassword", token=token, newPassword=PASSWORD)
    assert codes(payload) == REFUSED
    await anonymous.do("RequestPasswordReset", login="ada")
    token = await newest_token(database, mailbox)
    await database.write("UPDATE users SET email = 'other@example.com'")
    payload = await anonymous.do("ResetPassword", token=token, newPassword=PASSWORD)
    assert codes(payload) == REFUSED
    assert await number_of(database, "account_tokens") == 0


async def test_a_new_hash_of_the_same_password_ends_no_token(
    anonymous: ApiClient, database: Database, mailbox: Mailbox
) -> None:
    await verified(anonymous, mailbox)
    await database.write("UPDATE users SET password = $1", make_password(PASSWORD, None, "argon2"))
    await anonymous.do("RequestPasswordReset", login="ada")
    token = await newest_token(database, mailbox)
    assert codes(await anonymous.sign_in("ada")) == []
    assert await number_of(database, "users WHERE password LIKE 'argon2nfkc$%'") == 1
    payload = await anonymous.do("ResetPassword", token=token, newPassword=NEW_PASSWORD)
    assert codes(payload) == []


async def test_a_new_password_beside_a_new_hash_ends_all_tokens(
    anonymous: ApiClient, database: Database, mailbox: Mailbox
) -> None:
    await verified(anonymous, mailbox)
    await anonymous.do("RequestPasswordReset", login="ada")
    await mails_send(database)
    [[user, stored]] = await database.fetch("SELECT id, password FROM users")
    async with database.transaction() as transaction:
        assert await transaction.fetch(SQL.password_rehash, user, stored, "hash")
        assert await transaction.fetch("SELECT FROM account_tokens")
        await transaction.fetch("UPDATE users SET password = 'hash of another'")
        assert not await transaction.fetch("SELECT FROM account_tokens")


async def test_a_new_address_replaces_the_old_one_when_it_is_verified(
    anonymous: ApiClient, database: Database, mailbox: Mailbox
) -> None:
    ada = await verified(anonymous, mailbox)
    payload = await ada.do("ChangeEmail", password=PASSWORD, email=" new@example.org ")
    assert payload["account"]["pendingEmail"] == "new@example.org"
    token = await newest_token(database, mailbox)
    assert mailbox.received[-1]["To"] == "new@example.org"
    assert (await ada.data("Me"))["email"] == "ada@example.com"
    assert (await anonymous.do("VerifyEmail", token=token))["changed"]
    account = await ada.data("Me")
    assert [account[name] for name in ("email", "emailVerified", "pendingEmail")] == [
        "new@example.org",
        True,
        None,
    ]
    await mails_send(database)
    assert mailbox.received[-1]["To"] == "ada@example.com"
    assert mailbox.received[-1]["Subject"] == "Your e-mail address was changed"
    assert codes(await anonymous.sign_in("new@example.org")) == []


async def test_a_token_for_an_address_that_waits_no_longer_is_refused(
    anonymous: ApiClient, database: Database, mailbox: Mailbox
) -> None:
    ada = await verified(anonymous, mailbox)
    await ada.do("ChangeEmail", password=PASSWORD, email="new@example.org")
    token = await newest_token(database, mailbox)
    payload = await ada.do("ChangeEmail", password=PASSWORD, email="ada@example.com")
    assert (payload["account"]["pendingEmail"], payload["errors"]) == (None, [])
    assert codes(await anonymous.do("VerifyEmail", token=token)) == REFUSED
    assert (await ada.data("Me"))["email"] == "ada@example.com"


@pytest.mark.parametrize("way", ["changed", "reset"])
async def test_no_address_is_pending_after_the_password_was_replaced(
    anonymous: ApiClient, database: Database, mailbox: Mailbox, way: str
) -> None:
    """A thief who knew the password may have named the address: the owner's request must not mail it a token."""
    ada = await verified(anonymous, mailbox)
    await ada.do("ChangeEmail", password=PASSWORD, email="thief@example.org")
    stolen = await newest_token(database, mailbox)
    if way == "changed":
        payload = await ada.do("ChangePassword", currentPassword=PASSWORD, newPassword=NEW_PASSWORD)
    else:
        await anonymous.do("RequestPasswordReset", login="ada")
        token = await newest_token(database, mailbox)
        payload = await anonymous.do("ResetPassword", token=token, newPassword=NEW_PASSWORD)
    assert codes(payload) == []
    mailbox.received.clear()
    ada = await client_of(anonymous, (await anonymous.sign_in("ada", NEW_PASSWORD))["session"])
    assert (await ada.data("Me"))["pendingEmail"] is None
    assert codes(await ada.do("ResendVerification")) == []
    await mails_send(database)
    assert "thief@example.org" not in [mail["To"] for mail in mailbox.received]
    assert codes(await anonymous.do("VerifyEmail", token=stolen)) == REFUSED
    assert (await ada.data("Me"))["email"] == "ada@example.com"


async def test_an_address_that_is_taken_is_refused_as_an_invalid_one(
    anonymous: ApiClient, mailbox: Mailbox
) -> None:
    ada = await verified(anonymous, mailbox)
    await anonymous.sign_up("grace")
    answers: list[Json] = [
        await ada.do("ChangeEmail", password=PASSWORD, email=email)
        for email in ("Grace@example.com", "nobody at all")
    ]
    assert answers[0] == answers[1]
    assert codes(answers[0]) == [("INVALID_INPUT", "input", "email")]
    wrong = await ada.do("ChangeEmail", password="hush, wrong", email="new@example.org")
    assert codes(wrong) == [("CREDENTIALS_REFUSED", "input", "password")]
    assert (await ada.data("Me"))["pendingEmail"] is None


async def test_an_address_that_was_taken_meanwhile_is_not_verified(
    anonymous: ApiClient, database: Database, mailbox: Mailbox
) -> None:
    ada = await verified(anonymous, mailbox)
    await ada.do("ChangeEmail", password=PASSWORD, email="new@example.org")
    token = await newest_token(database, mailbox)
    await anonymous.sign_up("grace", email="new@example.org")
    assert codes(await anonymous.do("VerifyEmail", token=token)) == REFUSED
    assert (await ada.data("Me"))["email"] == "ada@example.com"


async def test_a_mail_can_be_sent_again_until_the_address_is_verified(
    anonymous: ApiClient, database: Database, mailbox: Mailbox
) -> None:
    ada = await client_of(anonymous, (await anonymous.sign_up("ada"))["session"])
    assert codes(await ada.do("ResendVerification")) == []
    await mails_send(database)
    first, second = map(token_of, mailbox.received)
    assert first != second
    assert (await anonymous.do("VerifyEmail", token=first))["changed"]
    assert codes(await ada.do("ResendVerification")) == []
    await mails_send(database)
    assert len(mailbox.received) == 2


async def test_an_unverified_address_can_be_changed_and_is_no_way_in(
    anonymous: ApiClient, database: Database, mailbox: Mailbox
) -> None:
    session = (await anonymous.sign_up("ada", email="typo@example.com"))["session"]
    ada = await client_of(anonymous, session)
    await ada.do("ChangeEmail", password=PASSWORD, email="ada@example.com")
    await mails_send(database)
    mailbox.received.clear()
    await anonymous.do("RequestPasswordReset", login="typo@example.com")
    await mails_send(database)
    assert mailbox.received == []


async def test_closed_sign_up_is_refused(services: Services, accounts: Accounts) -> None:
    closed = Accounts(
        access_tokens=accounts.access_tokens,
        refresh_tokens=accounts.refresh_tokens,
        passwords=accounts.passwords,
        login_throttle=accounts.login_throttle,
        access_token_life=accounts.access_token_life,
        refresh_token_life=accounts.refresh_token_life,
        sign_up_is_open=False,
    )
    services.register(closed)
    assert codes(await ApiClient(services).sign_up("ada")) == [("SIGN_UP_CLOSED", "input")]
    assert await number_of(services.database, "users") == 0


async def test_a_mail_is_text_and_html_and_escapes_names(
    anonymous: ApiClient, database: Database, mailbox: Mailbox
) -> None:
    await anonymous.sign_up("ada", displayName="<b>Ada</b> & Co")
    await database.write("UPDATE users SET email_verified = true")
    await mails_send(database)
    await anonymous.do("RequestPasswordReset", login="ada")
    await mails_send(database)
    mail = mailbox.received[-1]
    assert mail.get_content_type() == "multipart/alternative"
    assert "Hello <b>Ada</b> & Co," in text_of(mail)
    html = mail.get_body(("html",))
    assert html is not None
    assert "Hello &lt;b&gt;Ada&lt;/b&gt; &amp; Co," in html.get_content()
    assert token_of(mail) in html.get_content()
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["From"] == "feed@localhost"


async def test_a_mail_that_the_server_defers_is_sent_again_with_its_message_id(
    anonymous: ApiClient, database: Database, mailbox: Mailbox
) -> None:
    mailbox.replies = ["451 Try again later", "421 Busy"]
    await anonymous.sign_up("ada")
    for _ in range(3):
        await mails_send(database)
        await database.write("UPDATE jobs SET run_at = now()")
    [mail] = mailbox.received
    [job] = await database.fetch("SELECT count(*) FROM jobs")
    assert job[0] == 0
    assert str(mail["Message-ID"]).startswith("<job-")


async def test_a_mail_that_the_server_refuses_is_not_tried_again(
    anonymous: ApiClient, database: Database, mailbox: Mailbox
) -> None:
    mailbox.replies = ["550 No such user ada@example.com"]
    await anonymous.sign_up("ada")
    await mails_send(database)
    assert await number_of(database, "jobs") == 0
    assert mailbox.received == []


@pytest.mark.parametrize("fault", ["login", "encryption", "sender"])
async def test_a_mail_is_sent_when_what_the_operator_has_set_wrong_is_mended(
    anonymous: ApiClient, database: Database, mailbox: Mailbox, fault: str
) -> None:
    # The server offers neither AUTH nor STARTTLS.
    wrong: dict[str, dict[str, object]] = {
        "login": {"EMAIL_HOST_USER": "feed", "EMAIL_HOST_PASSWORD": "hush-mail"},
        "encryption": {"EMAIL_USE_TLS": True},
    }
    if fault == "sender":
        mailbox.sender_replies = ["550 Sender not allowed"]
    await anonymous.sign_up("ada")
    with override_settings(**wrong.get(fault, {})):
        await mails_send(database)
    assert mailbox.received == []
    await database.write("UPDATE jobs SET run_at = now()")
    await mails_send(database)
    assert mailbox.recipients == ["ada@example.com"]
