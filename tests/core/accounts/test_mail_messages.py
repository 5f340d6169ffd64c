"""Mails as a mail client gets them: parsed strictly, whatever the user's name and address are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, message_from_string, policy
from email.message import EmailMessage
from html.parser import HTMLParser
from typing import cast

import pytest
from django.conf import settings
from django.test import override_settings

from core.accounts.mail.messages import SUBJECTS, mail_send
from core.accounts.tokens import OneTimeTokens
from core.config.mail_server import django_mail
from core.database.database import Database
from tests.core.accounts.mailbox import TOKEN, Mailbox, mailbox_in_use, mails_send, text_of
from tests.core.accounts.world import PASSWORD, ApiClient, codes, number_of

APP = "https://app.example.org/some/path"
LONGEST_LINE = 998
HEADERS = {
    *("Content-Type", "MIME-Version", "Subject", "From", "To", "Date", "Message-ID"),
    "Auto-Submitted",
}
NAMES = [
    "Ada",
    'Ada, "the" Countess <x@evil.example>',
    "Ädä 好 😀",
    ".",
    "." * 50,
    "\N{FAMILY}" * 50,
    "Bcc: evil@example.com",
    "=?utf-8?q?Evil?=",
    "</title><script>alert(1)</script>",
    "{{ token }} {% include 'x' %}",
]


@pytest.fixture(scope="module")
def opened() -> Iterator[Mailbox]:
    environment = replace(settings.ENVIRONMENT, app_url=APP)
    with (
        mailbox_in_use() as mailbox,
        override_settings(
            ENVIRONMENT=environment, DEFAULT_FROM_EMAIL='"Feed, Inc." <feed@example.org>'
        ),
    ):
        yield mailbox


@pytest.fixture
def mailbox(opened: Mailbox) -> Mailbox:
    for taken in (opened.received, opened.raw, opened.recipients):
        taken.clear()
    return opened


class Links(HTMLParser):
    """The links of a page, and what would be loaded from elsewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag == "a":
            self.links.append(values.get("href") or "")
        if tag in {"img", "script", "link", "iframe", "object"} or "src" in values:
            self.loaded.append(tag)

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def parsed(raw: bytes) -> EmailMessage:
    """The mail, without any defect that a parser would have to overlook."""
    assert raw.replace(b"\r\n", b"").count(b"\n") == raw.replace(b"\r\n", b"").count(b"\r") == 0
    lines = raw.split(b"\r\n")
    assert max(map(len, lines)) <= LONGEST_LINE
    head = lines[: lines.index(b"")]
    assert all(len(line) <= 78 and line.isascii() for line in head), head
    mail = message_from_bytes(raw, policy=policy.strict)
    for part in mail.walk():
        assert part.defects == []
        for name in part:
            assert part[name].defects == (), name
    return mail


def assert_is_well_formed(raw: bytes, to: str) -> tuple[str, Links]:
    """The text of the mail, and its page."""
    mail = parsed(raw)
    assert sorted(mail.keys()) == sorted(HEADERS)
    assert [each.addr_spec for each in mail["To"].addresses] == [to]
    [sender] = mail["From"].addresses
    assert (sender.display_name, sender.addr_spec) == ("Feed, Inc.", "feed@example.org")
    assert mail["Subject"] in SUBJECTS.values()
    assert mail["Auto-Submitted"] == "auto-generated"
    assert re.fullmatch(r"<[\w.-]+@example\.org>", mail["Message-ID"])
    age = datetime.now(UTC) - mail["Date"].datetime.replace(tzinfo=UTC)
    assert timedelta(minutes=-1) < age < timedelta(minutes=5)
    assert mail.get_content_type() == "multipart/alternative"
    plain, rich = mail.iter_parts()
    # The one that clients prefer comes last.
    assert [plain.get_content_type(), rich.get_content_type()] == ["text/plain", "text/html"]
    assert plain.get_content_charset() == rich.get_content_charset() == "utf-8"
    page = Links()
    page.feed(cast("EmailMessage", rich).get_content())
    assert page.loaded == []
    return str(cast("EmailMessage", plain).get_content()), page


def shown(text: str) -> str:
    return " ".join(text.split())


async def test_a_mail_to_an_address_that_may_be_a_stranger_s_says_no_display_name(
    anonymous: ApiClient, database: Database, mailbox: Mailbox
) -> None:
    """Who signs up with it, or changes to it, chooses the name."""
    name = "You won! Go to evil.example/win"
    session = (await anonymous.sign_up("ada", displayName=name))["session"]
    ada = ApiClient(anonymous.services, anonymous.viewer_of(session))
    await ada.do("ChangeEmail", password=PASSWORD, email="stranger@example.com")
    await mails_send(database)
    assert sorted(mailbox.recipients) == ["ada@example.com", "stranger@example.com"]
    for raw, to in zip(mailbox.raw, mailbox.recipients, strict=True):
        text, page = assert_is_well_formed(raw, to)
        assert text.splitlines()[0] == "Hello,"
        assert "evil" not in raw.decode()
        assert "@ada" in shown(" ".join(page.text))
        assert "@ada" in text


@pytest.mark.parametrize("display_name", NAMES)
async def test_a_mail_is_well_formed_whatever_the_name_is(
    anonymous: ApiClient, database: Database, mailbox: Mailbox, display_name: str
) -> None:
    payload = await anonymous.sign_up("ada", displayName=display_name)
    assert payload["errors"] == []
    await database.write("UPDATE users SET email_verified = true")
    await anonymous.do("RequestPasswordReset", login="ada")
    await mails_send(database)
    assert mailbox.recipients == ["ada@example.com"] * 2
    mailbox.raw.sort(key=lambda raw: b"reset-password" not in raw)
    text, page = assert_is_well_formed(mailbox.raw[0], "ada@example.com")
    assert text.splitlines()[0] == f"Hello {display_name},"
    assert f"Hello {display_name}," in page.text
    tokens = set(TOKEN.findall(text))
    assert len(tokens) == 1
    token = tokens.pop()
    link = f"{APP}/reset-password?token={token}"
    assert link in text.splitlines()
    assert page.links == [link]
    assert token in page.text
    assert OneTimeTokens.parse(token) is not None


@pytest.mark.parametrize("name", SUBJECTS)
async def test_each_mail_is_well_formed_and_says_the_same_in_both_forms(
    mailbox: Mailbox, name: str
) -> None:
    link = f"{APP}/verify-email?token=7-{'a' * 64}"
    values = {
        "name": "Ada & <Co>",
        "username": "ada",
        "token": f"7-{'a' * 64}",
        "link": link,
        "erases_at": "13 December 2026",
    }
    await mail_send(name, "ada@example.com", values, message_id="job-7")
    text, page = assert_is_well_formed(mailbox.raw[0], "ada@example.com")
    assert mailbox.received[0]["Message-ID"] == "<job-7@example.org>"
    has_token = name in {"verify_email", "reset_password"}
    assert page.links == ([link] if has_token else [])
    assert (link in text) == has_token
    for paragraph in (line for line in text.splitlines() if line and line != link):
        assert shown(paragraph) in shown(" ".join(page.text)), paragraph


async def test_without_an_app_a_mail_has_the_code_alone(mailbox: Mailbox) -> None:
    values = {"name": "Ada", "username": "ada", "token": "7-abc", "link": None}
    await mail_send("verify_email", "ada@example.com", values, message_id="job-7")
    text, page = assert_is_well_formed(mailbox.raw[0], "ada@example.com")
    assert page.links == []
    assert "7-abc" in text.splitlines()


async def test_lines_that_begin_with_dots_arrive(mailbox: Mailbox) -> None:
    values = {"name": "x\n.\n..\n.y", "erases_at": "then"}
    await mail_send("account_deleted", "ada@example.com", values, message_id="job-7")
    text, _ = assert_is_well_formed(mailbox.raw[0], "ada@example.com")
    assert text.splitlines()[:4] == ["Hello x", ".", "..", ".y,"]


async def test_a_long_line_is_folded(mailbox: Mailbox) -> None:
    values = {"name": "好" * 2_000, "erases_at": "then"}
    await mail_send("account_deleted", "ada@example.com", values, message_id="job-7")
    text, _ = assert_is_well_formed(mailbox.raw[0], "ada@example.com")
    assert text.splitlines()[0] == f"Hello {'好' * 2_000},"


@pytest.mark.parametrize(
    "ending", ["\nBcc: evil@example.com", "\r\n\r\nHello", "\0", "\x85x", ", evil@example.com"]
)
async def test_no_name_or_address_adds_a_header_or_a_recipient(
    anonymous: ApiClient, database: Database, mailbox: Mailbox, ending: str
) -> None:
    for values in ({"email": f"ada@example.com{ending}"}, {"displayName": f"Ada{ending}"}):
        payload = await anonymous.sign_up("ada", **values)
        if codes(payload):
            [field] = values
            assert codes(payload) == [("INVALID_INPUT", "input", field)]
            continue
        await mails_send(database)
        assert_is_well_formed(mailbox.raw[0], "ada@example.com")
        assert mailbox.recipients == ["ada@example.com"]


async def test_the_longest_address_and_username_fit(
    anonymous: ApiClient, database: Database, mailbox: Mailbox
) -> None:
    domain = ".".join(["d" * 60] * 2 + ["example.com"])
    email = f"{'l' * 64}@{domain}"
    payload = await anonymous.sign_up("u" * 30, email=email)
    assert payload["errors"] == []
    await mails_send(database)
    assert mailbox.recipients == [email]
    raw = mailbox.raw[0]
    mail = message_from_bytes(raw, policy=policy.strict)
    assert [each.addr_spec for each in mail["To"].addresses] == [email]
    assert max(map(len, raw.split(b"\r\n"))) <= LONGEST_LINE
    assert "u" * 30 in text_of(mail)


async def test_an_address_of_any_script_gets_its_mail(
    anonymous: ApiClient, database: Database, mailbox: Mailbox
) -> None:
    email = "ädä.好@example.com"
    assert (await anonymous.sign_up("ada", email=email))["errors"] == []
    await mails_send(database)
    assert mailbox.recipients == [email]
    # Python's parser of bytes takes headers for ASCII.
    mail = message_from_string(mailbox.raw[0].decode(), policy=policy.strict)
    assert [each.addr_spec for each in mail["To"].addresses] == [email]
    assert sorted(mail.keys()) == sorted(HEADERS)
    [token] = set(TOKEN.findall(text_of(mail)))
    assert (await anonymous.do("VerifyEmail", token=token))["changed"]
    assert codes(await anonymous.sign_in(email)) == []


async def test_a_mail_server_without_other_scripts_ends_such_a_mail(
    anonymous: ApiClient, database: Database
) -> None:
    """It will never take it, so it is not tried again; mails to others go on."""
    mailbox = Mailbox(smtputf8=False)
    with mailbox.serving() as url, override_settings(**django_mail(url)):
        for name, email in (("ada", "ädä@example.com"), ("grace", "grace@example.com")):
            assert (await anonymous.sign_up(name, email=email))["errors"] == []
        await mails_send(database)
    assert mailbox.recipients == ["grace@example.com"]
    assert await number_of(database, "jobs") == 0
