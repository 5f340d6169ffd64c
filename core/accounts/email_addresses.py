"""A user's e-mail address: verified by a token that is mailed to it, and changed with the password."""

from __future__ import annotations

from asyncpg import UniqueViolationError

from core.accounts.credentials import owner_confirmed, owner_lock
from core.accounts.mail.jobs import mail_notice, verification_mail
from core.accounts.one_time_tokens import (
    Purpose,
    token_found,
    token_refused,
    token_use,
)
from core.accounts.sessions import Accounts
from core.accounts.sign_up import email_refused, usable_email
from core.accounts.statements import SQL
from core.database.database import Database, Transaction


async def email_change(
    database: Database,
    accounts: Accounts,
    *,
    viewer_id: int,
    password: str,
    email: str,
    address: str | None = None,
) -> None:
    """Mails a token to the new address, which replaces the present one when it is verified.

    The present address again takes the change back. `address`: the client's network address.
    Errors: those of `owner_confirmed`, MutationRefused (INVALID_INPUT), with the same words for an invalid address
    and for one that has an account. Locks: the user.
    """
    owner = await owner_confirmed(
        database,
        accounts,
        viewer_id=viewer_id,
        password=password,
        field="password",
        address=address,
    )
    usable = usable_email(email)
    async with database.transaction() as transaction:
        await owner_lock(transaction, viewer_id, owner, "password")
        if usable is None or not await transaction.fetch(SQL.email_pend, viewer_id, usable):
            raise email_refused()
        await _mail_if_unverified(transaction, viewer_id)


async def verification_resend(database: Database, *, viewer_id: int) -> None:
    """Mails another token to the address that the viewer has not verified yet, if there is one."""
    async with database.transaction() as transaction:
        await transaction.fetch(SQL.users_lock, [viewer_id])
        await _mail_if_unverified(transaction, viewer_id)


async def email_verify(database: Database, *, token: str) -> None:
    """Verifies the address that the token was mailed to; a pending one replaces the present one.

    Errors: MutationRefused (TOKEN_REFUSED). Locks: the user.
    """
    found = await token_found(database, Purpose.VERIFY_EMAIL, token)
    try:
        async with database.transaction() as transaction:
            await token_use(transaction, found)
            row = await transaction.fetch_row(SQL.email_verify, found.user.id, found.email)
            if row is None:
                raise token_refused()
            if row[0] != found.email:
                notice = {"user_id": found.user.id, "name": "email_changed", "to": row[0]}
                await mail_notice.enqueue(transaction, notice)
    except UniqueViolationError as taken:
        # Another account has verified or chosen the address since.
        raise token_refused() from taken


async def _mail_if_unverified(transaction: Transaction, user_id: int) -> None:
    row = await transaction.fetch_row(SQL.email_to_verify, user_id)
    if row is not None:
        await verification_mail(transaction, user_id, row[0])
