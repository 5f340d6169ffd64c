"""Jobs that send mails. What they need is in the database, so a mail is sent whatever ends meanwhile.

A worker that is killed between the mail server's answer and its own commit sends the mail again, with the same
Message-ID.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping

from core.accounts.mail.messages import AT_ONCE, MailRefused, mail_send, page_of_app
from core.accounts.one_time_tokens import (
    Purpose,
    one_time_tokens,
    reset_token_create,
    token_create,
)
from core.accounts.statements import SQL
from core.accounts.user_rows import UserRow
from core.database.database import Transaction
from core.jobs.job_run import JobRun
from core.jobs.registry import Priority, job

logger = logging.getLogger(__name__)

ATTEMPTS = 70
"""With pauses of ten minutes at most: half a day, in which a mail server may be away."""
SECONDS = 40
"""Longer than EMAIL_TIMEOUT, so that the mail server's failure is what is stored."""
PAGES = {Purpose.VERIFY_EMAIL: "verify-email", Purpose.RESET_PASSWORD: "reset-password"}


@job(
    "mail.token",
    attempts=ATTEMPTS,
    at_once=AT_ONCE,
    timeout_seconds=SECONDS,
    priority=Priority.HIGH,
)
async def mail_token(run: JobRun) -> None:
    """Mails the token in the argument `token`, unless it has been used or has ended."""
    id = run.arguments["token"]
    found = await run.database.fetch_row(SQL.account_token, id)
    if found is None:
        return
    purpose, token_hash, email, user = (
        Purpose(found[0]),
        found[1],
        found[2],
        UserRow._make(found[3:]),
    )
    token = one_time_tokens().with_hash(purpose.value, id, token_hash)
    if token is None:
        logger.warning(
            "A mail is not sent: its token was made with a secret key that is no longer set."
        )
        return
    link = page_of_app(PAGES[purpose], token=token.text)
    values = {
        "name": user.display_name,
        "username": user.username,
        "token": token.text,
        "link": link,
    }
    await _send(run, purpose.value, email, values)


@job("mail.notice", attempts=ATTEMPTS, at_once=AT_ONCE, timeout_seconds=SECONDS)
async def mail_notice(run: JobRun) -> None:
    """Mails a user (`user_id`) what happened to the account (`name`, `values`), to the address `to` or the present."""
    found = await run.database.fetch_row(SQL.mail_recipient, run.arguments["user_id"])
    if found is None:
        return
    values = {"name": found[0], **run.arguments.get("values", {})}
    await _send(run, run.arguments["name"], run.arguments.get("to") or found[1], values)


@job("mail.password_reset", priority=Priority.HIGH)
async def mail_password_reset(run: JobRun) -> None:
    """Mails the account with the given login (`login`), if its address is verified, how to set a new password.

    A job, so that a request takes the same time for every login.
    """
    async with run.transaction() as transaction:
        token = await reset_token_create(transaction, run.arguments["login"])
        if token is not None:
            await mail_token.enqueue(transaction, {"token": token})


async def verification_mail(transaction: Transaction, user_id: int, email: str) -> None:
    """Mails a token by which the user verifies the address."""
    token = await token_create(transaction, Purpose.VERIFY_EMAIL, user_id, email)
    await mail_token.enqueue(transaction, {"token": token})


async def _send(run: JobRun, name: str, to: str, values: Mapping[str, object]) -> None:
    try:
        await mail_send(name, to, values, message_id=run.key)
    except MailRefused as refused:
        # The address is wrong, or the mailbox is gone. Trying again would not help.
        logger.warning("A mail (%s) was not delivered. %s", run.key, refused)
