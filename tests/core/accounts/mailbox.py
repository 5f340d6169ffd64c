"""A real SMTP server, and the jobs that send mails to it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import cast

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from django.test import override_settings

from core.accounts.mail.jobs import mail_notice, mail_password_reset, mail_token
from core.config.mail_server import django_mail
from core.database.database import Database
from core.devserver.ports import free_port
from core.jobs.job_runner import JobRunner
from core.jobs.registry import JobKind

KINDS: dict[str, JobKind] = {
    kind.name: kind for kind in (mail_token, mail_notice, mail_password_reset)
}
TOKEN = re.compile(r"\b[0-9]+-[0-9a-f]{64}\b")
DUE = "SELECT FROM jobs WHERE kind = ANY($1) AND run_at <= now() AND failed_at IS NULL LIMIT 1"


class Mailbox:
    """Takes mails by SMTP, in a thread."""

    def __init__(self, *, answers_after: float = 0, smtputf8: bool = True) -> None:
        """`answers_after`: how long it holds a mail before the sender knows. Units: seconds.
        `smtputf8`: whether it takes mails for addresses of any script.
        """
        self._answers_after = answers_after
        self.received: list[EmailMessage] = []
        self.raw: list[bytes] = []
        """What came over the wire, without the dots that SMTP doubles."""
        self.recipients: list[str] = []
        self.replies: list[str] = []
        """What the server answers to the next mails, instead of taking them."""
        self.sender_replies: list[str] = []
        """What it answers to the next senders."""
        self._controller = Controller(
            self,
            hostname="127.0.0.1",
            port=free_port(),
            ready_timeout=60,
            enable_SMTPUTF8=smtputf8,
        )

    async def handle_MAIL(  # noqa: N802  # aiosmtpd's name
        self,
        server: SMTP,  # noqa: ARG002  # aiosmtpd's arguments
        session: Session,  # noqa: ARG002
        envelope: Envelope,
        address: str,
        options: list[str],
    ) -> str:
        if self.sender_replies:
            return self.sender_replies.pop(0)
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_DATA(  # noqa: N802  # aiosmtpd's name
        self,
        server: SMTP,  # noqa: ARG002  # aiosmtpd's arguments
        session: Session,  # noqa: ARG002
        envelope: Envelope,
    ) -> str:
        if self.replies:
            return self.replies.pop(0)
        content = cast("bytes", envelope.original_content)
        self.raw.append(content)
        self.received.append(message_from_bytes(content, policy=policy.default))
        # aiosmtpd reads commands as ASCII.
        recipients = [each.encode(errors="surrogateescape").decode() for each in envelope.rcpt_tos]
        assert envelope.smtp_utf8 or all(map(str.isascii, recipients))
        self.recipients += recipients
        await asyncio.sleep(self._answers_after)
        return "250 OK"

    @contextmanager
    def serving(self) -> Iterator[str]:
        """Yields the URL of the server."""
        self._controller.start()
        try:
            yield f"smtp://127.0.0.1:{self._controller.port}"
        finally:
            self._controller.stop()


@contextmanager
def mailbox_in_use() -> Iterator[Mailbox]:
    """A mailbox to which this process sends its mails."""
    mailbox = Mailbox()
    with mailbox.serving() as url, override_settings(**django_mail(url)):
        yield mailbox


async def mails_send(database: Database) -> None:
    """Runs the jobs of mails that are due, and those that they add."""
    runner = JobRunner(database, database, KINDS)
    while await runner.start_due() or runner.runs or await database.fetch(DUE, list(KINDS)):  # noqa: ASYNC110
        await asyncio.sleep(0.002)


def text_of(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def token_of(mail: EmailMessage) -> str:
    """The token in the text of a mail."""
    [token] = TOKEN.findall(text_of(mail))
    return str(token)


async def newest_token(database: Database, mailbox: Mailbox) -> str:
    """The token of the newest mail with one, after all have been sent. Mails that are due at once may overtake."""
    await mails_send(database)
    texts = map(text_of, reversed(mailbox.received))
    return next(found.group() for text in texts if (found := TOKEN.search(text)))
