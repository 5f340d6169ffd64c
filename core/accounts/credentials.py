"""Confirmation by the password, and new passwords."""

from __future__ import annotations

import asyncio
from typing import NamedTuple

from core.accounts.login_throttle import AttemptedAccount
from core.accounts.mail.jobs import mail_notice, mail_password_reset
from core.accounts.models import User
from core.accounts.one_time_tokens import Purpose, token_found, token_refused, token_use
from core.accounts.sessions import Accounts, SignedIn, session_begin
from core.accounts.statements import SQL
from core.accounts.validators import EMAIL_LENGTH, clean_device_name
from core.database.database import Database, Transaction
from core.errors import ErrorCode, InputRules, MutationRefused, account_removed, refuse
from core.text import CONTROLS, nfkc


class Owner(NamedTuple):
    """What is known of the owner of an account whose password was correct."""

    encoded: str
    """The password's hash."""
    username: str
    display_name: str
    email: str


async def owner_confirmed(
    database: Database,
    accounts: Accounts,
    *,
    viewer_id: int,
    password: str,
    field: str,
    address: str | None,
) -> Owner:
    """The owner, if the password is correct. `field`: the input's field with the password.

    A wrong one counts as a failed sign-in; those of clients that are not signed in are counted apart. Errors:
    MutationRefused (CREDENTIALS_REFUSED), RATE_LIMITED, UNAUTHENTICATED for a deleted account.
    """
    found = await database.fetch_row(SQL.password_of_user, viewer_id)
    if found is None:
        raise account_removed()
    owner = Owner._make(found)
    attempted = AttemptedAccount(viewer_id, None)
    await asyncio.to_thread(accounts.login_throttle.count, attempted, address)
    if not (await accounts.passwords.check(password, owner.encoded)).is_correct:
        raise refuse(ErrorCode.CREDENTIALS_REFUSED, "The password is wrong.", "input", field)
    await asyncio.to_thread(accounts.login_throttle.succeeded, attempted, address)
    return owner


async def owner_lock(transaction: Transaction, viewer_id: int, owner: Owner, field: str) -> None:
    """Locks the owner, whose password must still be the one that was confirmed, for a write that it permits.

    Errors: MutationRefused (CREDENTIALS_REFUSED).
    """
    if await transaction.fetch_row(SQL.owner_lock, viewer_id, owner.encoded) is None:
        raise _changed_meanwhile(field)


def _changed_meanwhile(field: str) -> MutationRefused:
    return refuse(
        ErrorCode.CREDENTIALS_REFUSED,
        "The password has been changed meanwhile. Try again.",
        "input",
        field,
    )


async def password_change(
    database: Database,
    accounts: Accounts,
    *,
    viewer_id: int,
    session_id: int | None,
    current_password: str,
    new_password: str,
    address: str | None = None,
) -> bool:
    """Whether the password is another one now. If so, all sessions but this one have ended.

    Errors: those of `owner_confirmed`, MutationRefused (INVALID_INPUT). Locks: the user, then the sessions.
    """
    owner = await owner_confirmed(
        database,
        accounts,
        viewer_id=viewer_id,
        password=current_password,
        field="currentPassword",
        address=address,
    )
    if nfkc(new_password) == nfkc(current_password):
        return False
    user = User(username=owner.username, display_name=owner.display_name, email=owner.email)
    encoded = await accounts.passwords.hashed_new(InputRules(), "newPassword", new_password, user)
    async with database.transaction() as transaction:
        await transaction.fetch(SQL.users_lock, [viewer_id])
        if not await transaction.fetch(SQL.password_change, viewer_id, owner.encoded, encoded):
            # Another call has changed it, or a sign-in has stored a newer hash of the same password.
            raise _changed_meanwhile("currentPassword")
        await transaction.fetch(SQL.sessions_revoke_others, viewer_id, session_id)
        await mail_notice.enqueue(transaction, {"user_id": viewer_id, "name": "password_changed"})
    return True


async def password_reset_request(database: Database, *, login: str) -> None:
    """Mails the account with this login how to set a new password, if there is one with a verified address.

    A job looks the account up, so this does the same for every login. Errors: MutationRefused (INVALID_INPUT).
    """
    login = login.strip()
    if not login or len(login) > EMAIL_LENGTH or CONTROLS.search(login):
        raise refuse(
            ErrorCode.INVALID_INPUT, "Enter a username or an e-mail address.", "input", "login"
        )
    async with database.transaction() as transaction:
        await mail_password_reset.enqueue(transaction, {"login": login})


async def password_reset(
    database: Database,
    accounts: Accounts,
    *,
    token: str,
    new_password: str,
    device_name: str | None = None,
) -> SignedIn:
    """A session of the user, whose password is the new one; all other sessions have ended.

    Of a deleted account only the password is set, with which it can be restored.
    Errors: MutationRefused (TOKEN_REFUSED, INVALID_INPUT; ACCOUNT_DELETED when the password is set), RATE_LIMITED.
    Locks: the user, then the sessions.
    """
    found = await token_found(database, Purpose.RESET_PASSWORD, token)
    rules = InputRules()
    device = rules.check("deviceName", clean_device_name, device_name)
    user = User(
        username=found.user.username, display_name=found.user.display_name, email=found.email
    )
    encoded = await accounts.passwords.hashed_new(rules, "newPassword", new_password, user)
    async with database.transaction() as transaction:
        await token_use(transaction, found)
        if not await transaction.fetch(SQL.password_reset, found.user.id, encoded):
            raise token_refused()
        await transaction.fetch(SQL.sessions_revoke_others, found.user.id, None)
        await mail_notice.enqueue(
            transaction, {"user_id": found.user.id, "name": "password_changed"}
        )
        signed_in = await session_begin(transaction, accounts, found.user, encoded, device)
    if signed_in is None:
        raise refuse(
            ErrorCode.ACCOUNT_DELETED,
            "The new password is set. This account is deleted: restore it with that password.",
            "input",
        )
    return signed_in
