"""Mails to users: rendered from templates, and sent by Django's mail backend."""

from __future__ import annotations

import smtplib
from collections.abc import Mapping
from email.utils import parseaddr
from urllib.parse import urlencode

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.template.loader import render_to_string

from core.threads import ServiceThreads

SUBJECTS = {
    "verify_email": "Confirm your e-mail address",
    "reset_password": "Set a new password",
    "email_changed": "Your e-mail address was changed",
    "password_changed": "Your password was changed",
    "account_deleted": "Your account was deleted",
}
"""The subject of each mail, by the name of its templates in `templates/accounts/mail/`."""
AT_ONCE = 8
"""Mails of a kind that a worker sends at once: a mail server that hangs leaves room for other jobs."""
THREADS = ServiceThreads("mails", 2 * AT_ONCE)
PERMANENT = range(500, 600)
"""Replies of a mail server by which it refuses a mail for good."""


class MailFailed(Exception):
    """The mail server has not taken the mail. The text has no address, since it is stored and logged."""


class MailRefused(MailFailed):
    """The mail server will never take the mail: there is no such mailbox, for example."""


def page_of_app(path: str, **parameters: str) -> str | None:
    """The address of a page of the app; None if APP_URL is not set."""
    base = settings.ENVIRONMENT.app_url
    return base and f"{base.rstrip('/')}/{path}?{urlencode(parameters)}"


async def mail_send(name: str, to: str, values: Mapping[str, object], *, message_id: str) -> None:
    """Sends a mail, rendered from its templates. Cost: a thread, and a connection to the mail server.

    `message_id`: the same each time that a mail is sent, by which mail servers recognise a repeat.
    Errors: MailFailed.
    """
    message = mail_message(name, to, values, message_id=message_id)
    await THREADS.call(_send, message)


def mail_message(
    name: str, to: str, values: Mapping[str, object], *, message_id: str
) -> EmailMultiAlternatives:
    """The mail as text and HTML."""
    sender = settings.DEFAULT_FROM_EMAIL
    domain = parseaddr(sender)[1].rpartition("@")[2]
    context = {"subject": SUBJECTS[name], **values}
    message = EmailMultiAlternatives(
        SUBJECTS[name],
        render_to_string(f"accounts/mail/{name}.txt", context),
        sender,
        [to],
        headers={"Message-ID": f"<{message_id}@{domain}>", "Auto-Submitted": "auto-generated"},
    )
    message.attach_alternative(render_to_string(f"accounts/mail/{name}.html", context), "text/html")
    return message


def _send(message: EmailMultiAlternatives) -> None:
    try:
        with get_connection() as connection:
            message.connection = connection
            _send_over_connection(message)
    # What has nothing to do with this mail, such as a password or a sender that the server refuses, is ours to mend.
    except smtplib.SMTPResponseException as error:
        reply = f"{type(error).__name__}, code {error.smtp_code}"
        raise MailFailed(f"The mail server failed: {reply}.") from None
    except (smtplib.SMTPException, OSError) as error:
        raise MailFailed(f"The mail server failed: {type(error).__name__}.") from None


def _send_over_connection(message: EmailMultiAlternatives) -> None:
    """Errors: MailFailed, SMTPException, OSError."""
    try:
        message.send()
    except smtplib.SMTPRecipientsRefused as error:
        code = next(iter(error.recipients.values()))[0]
        raise _failure(code, "the recipient") from None
    except smtplib.SMTPDataError as error:
        raise _failure(error.smtp_code, "the mail") from None
    except smtplib.SMTPNotSupportedError:
        raise MailRefused("The mail server can't send to such an address (SMTPUTF8).") from None


def _failure(code: int, what: str) -> MailFailed:
    kind = MailRefused if code in PERMANENT else MailFailed
    return kind(f"The mail server refused {what} with code {code}.")
