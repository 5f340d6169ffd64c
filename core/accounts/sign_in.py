"""Sign-in with a password."""

from __future__ import annotations

import asyncio
from enum import Enum
from typing import NamedTuple

from core.accounts.login_throttle import AttemptedAccount
from core.accounts.sessions import Accounts, SignedIn, session_begin
from core.accounts.statements import SQL
from core.accounts.user_rows import UserRow
from core.accounts.validators import (
    EMAIL_LENGTH,
    clean_device_name,
    comparable_email,
    folded_username,
)
from core.database.database import Database
from core.errors import ErrorCode, InputRules, MutationRefused, refuse
from core.text import CONTROLS

SESSION_ATTEMPTS = 3
"""How often a sign-in tries to begin a session while the password's hash changes concurrently."""


class SignInState(Enum):
    """Whether a user may sign in."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    DELETED = "deleted"
    """Within the grace period."""


class FoundUser(NamedTuple):
    """The user whom a login names."""

    encoded: str
    """The password's hash."""
    state: SignInState
    user: UserRow


async def sign_in(
    database: Database,
    accounts: Accounts,
    *,
    login: str,
    password: str,
    device_name: str | None = None,
    address: str | None = None,
    restores: bool = False,
) -> SignedIn:
    """A new session. `restores`: whether a deleted account is restored within its grace period.

    A wrong password and an unknown login give the same message after the same time.
    Errors: MutationRefused (CREDENTIALS_REFUSED, INVALID_INPUT, and with the correct password ACCOUNT_DELETED and
    ACCOUNT_SUSPENDED), RATE_LIMITED.
    """
    rules = InputRules()
    device = rules.check("deviceName", clean_device_name, device_name)
    rules.raise_problems()
    login = login.strip()
    if len(login) > EMAIL_LENGTH or CONTROLS.search(login):
        raise credentials_refused()
    found = await _user_for_sign_in(database, login)
    account = AttemptedAccount(None if found is None else found.user.id, login)
    await asyncio.to_thread(accounts.login_throttle.count, account, address)
    checked = await accounts.passwords.check(password, None if found is None else found.encoded)
    if found is None or not checked.is_correct:
        raise credentials_refused()
    await asyncio.to_thread(accounts.login_throttle.succeeded, account, address)
    for _ in range(SESSION_ATTEMPTS):
        encoded, state, user = found
        async with database.transaction() as transaction:
            if restores and state is SignInState.DELETED:
                await transaction.fetch(SQL.account_restore_lock, user.id)
                if await transaction.fetch(SQL.owner_lock, user.id, encoded):
                    await transaction.fetch(SQL.account_restore, user.id)
            if checked.new_hash is not None and await transaction.fetch(
                SQL.password_rehash, user.id, encoded, checked.new_hash
            ):
                encoded = checked.new_hash
            signed_in = await session_begin(transaction, accounts, user, encoded, device)
        if signed_in is not None:
            return signed_in
        # The user may not sign in, or the stored hash has changed: a new password, or another sign-in's new hash.
        found = await _user_for_sign_in(database, login)
        if found is None:
            break
        checked = await accounts.passwords.check(password, found.encoded)
        if not checked.is_correct:
            break
        if found.state is SignInState.SUSPENDED:
            raise refuse(ErrorCode.ACCOUNT_SUSPENDED, "This account is suspended.", "input")
        if found.state is SignInState.DELETED and not restores:
            raise refuse(
                ErrorCode.ACCOUNT_DELETED,
                "This account is deleted. It can be restored until it is erased.",
                "input",
            )
    raise credentials_refused()


async def sign_in_without_password(
    database: Database, accounts: Accounts, *, username: str
) -> SignedIn:
    """A new session of any user who may sign in. For development only. Errors: MutationRefused."""
    found = await _user_for_sign_in(database, username)
    if found is None:
        raise credentials_refused()
    async with database.transaction() as transaction:
        signed_in = await session_begin(transaction, accounts, found.user, found.encoded)
    if signed_in is None:
        raise credentials_refused()
    return signed_in


async def _user_for_sign_in(database: Database, login: str) -> FoundUser | None:
    """The user; None for an unknown login, and for an account that is being erased."""
    statement, comparable = SQL.user_for_sign_in_by_username, folded_username(login)
    if "@" in login:
        statement, comparable = SQL.user_for_sign_in_by_email, comparable_email(login)
    if comparable is None:
        return None
    row = await database.fetch_row(statement, comparable)
    if row is None or row[1] == "erased":
        return None
    return FoundUser(row[0], SignInState(row[1]), UserRow._make(row[2:]))


def credentials_refused() -> MutationRefused:
    """The same refusal for every failed sign-in."""
    return refuse(ErrorCode.CREDENTIALS_REFUSED, "The login or the password is wrong.", "input")
