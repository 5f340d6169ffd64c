"""Signing up, in and out, and staying signed in."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hmac import compare_digest
from typing import Any, NamedTuple

from core.accounts.login_throttle import Account, LoginThrottle
from core.accounts.passwords import Passwords
from core.accounts.statements import SQL
from core.accounts.tokens import AccessToken, AccessTokens, RefreshToken, RefreshTokens
from core.accounts.user_rows import UserRow
from core.accounts.validators import comparable_email, folded_username
from core.database.database import Database, Row, Transaction
from core.errors import ErrorCode, MutationRefused, refuse

SAME_SUCCESSOR = timedelta(seconds=30)
SALT_BYTES = 16
SIGN_IN_ATTEMPTS = 3
"""How often the password is checked when its hash is changed at the same time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Accounts:
    """What accounts keep for a process."""

    access_tokens: AccessTokens
    refresh_tokens: RefreshTokens
    passwords: Passwords
    attempts: LoginThrottle
    access_token_life: timedelta
    refresh_token_life: timedelta


class SignedIn(NamedTuple):
    """A session's newest tokens, and whose they are."""

    access_token: str
    access_token_expires_at: datetime
    refresh_token: str
    refresh_token_expires_at: datetime
    viewer: UserRow


async def sign_up(
    database: Database,
    accounts: Accounts,
    *,
    username: str,
    email: str | None,
    password: str,
    display_name: str,
) -> SignedIn:
    """A new account and its first session. Errors: MutationRefused (USERNAME_TAKEN, INVALID_INPUT).

    Usernames are public. Whether an address has an account is not: one that is taken is refused
    in the same words, and after the same work, as None, which stands for an address of no use.
    """
    encoded = await accounts.passwords.hashed(password)
    async with database.transaction() as transaction:
        user = await transaction.fetch_row(SQL.user_create, username, email, encoded, display_name)
        if user is not None:
            begun = await _begin(transaction, accounts, UserRow._make(user), encoded)
            if begun is None:
                raise credentials_refused()
            return begun
        taken = await transaction.fetch_row(SQL.username_taken, username)
    if taken is not None and taken[0]:
        raise refuse(ErrorCode.USERNAME_TAKEN, "This username is taken.", "input", "username")
    raise refuse(
        ErrorCode.INVALID_INPUT,
        "This e-mail address can't be used. It must have the form name@domain, with a domain name and no IP "
        "address, and no account here.",
        "input",
        "email",
    )


async def sign_in(
    database: Database,
    accounts: Accounts,
    *,
    login: str,
    password: str,
    address: str | None = None,
) -> SignedIn:
    """A new session. Errors: MutationRefused (CREDENTIALS_REFUSED), RATE_LIMITED.

    A wrong password and an unknown login are told apart neither in words nor in time.
    """
    person = await _user_for_sign_in(database, login)
    account = Account(None if person is None else person[1], login)
    await asyncio.to_thread(accounts.attempts.count, account, address)
    checked = await accounts.passwords.check(password, None if person is None else person[0])
    if person is None or not checked.is_right:
        raise credentials_refused()
    await asyncio.to_thread(accounts.attempts.succeeded, account, address)
    for _ in range(SIGN_IN_ATTEMPTS):
        encoded, *user = person
        async with database.transaction() as transaction:
            if checked.new_hash is not None and await transaction.fetch(
                SQL.password_rehash, user[0], encoded, checked.new_hash
            ):
                encoded = checked.new_hash
            begun = await _begin(transaction, accounts, UserRow(*user), encoded)
        if begun is not None:
            return begun
        # What was checked is no longer stored: a new password, or another sign-in's hash of the same one.
        person = await _user_for_sign_in(database, login)
        if person is None:
            break
        checked = await accounts.passwords.check(password, person[0])
        if not checked.is_right:
            break
    raise credentials_refused()


async def _user_for_sign_in(database: Database, login: str) -> Row | None:
    """The hash of the password, then the user's columns."""
    statement, known = SQL.user_for_sign_in_by_username, folded_username(login)
    if "@" in login:
        statement, known = SQL.user_for_sign_in_by_email, comparable_email(login)
    if known is None:
        return None
    return await database.fetch_row(statement, known)


def credentials_refused() -> MutationRefused:
    """The one answer to everybody who can't sign in."""
    return refuse(ErrorCode.CREDENTIALS_REFUSED, "The login or the password is wrong.", "input")


async def session_refresh(
    database: Database, accounts: Accounts, *, refresh_token: str, notify: Callable[[], None]
) -> SignedIn:
    """The session's next tokens. Errors: MutationRefused (TOKEN_REFUSED).

    The token before the newest gives the newest again for 30 seconds, for a client that lost the answer.
    After that, or an older one: somebody else has used it, and the session is revoked; `notify` is called.
    """
    presented = accounts.refresh_tokens.parse(refresh_token)
    renewed = None if presented is None else await _renew(database, accounts, presented, notify)
    if renewed is None:
        raise refuse(
            ErrorCode.TOKEN_REFUSED,
            "This refresh token is not good, or no longer. Sign in again.",
            "input",
            "refreshToken",
        )
    return renewed


async def _renew(
    database: Database,
    accounts: Accounts,
    presented: RefreshToken,
    notify: Callable[[], None],
) -> SignedIn | None:
    async with database.transaction() as transaction:
        session = await _lock_given(transaction, accounts, presented)
        if session is None:
            return None
        salt, generation, token_hash, just_rotated, expires_at, *user = session
        if presented.generation == generation and compare_digest(presented.hash, token_hash):
            return await _rotate(transaction, accounts, session, presented)
        if presented.generation == generation - 1 and just_rotated:
            newest = accounts.refresh_tokens.make(presented.session_id, salt, generation)
            return _signed_in(accounts, UserRow(*user), newest, expires_at)
        await transaction.fetch(SQL.sessions_revoke, user[0], presented.session_id)
    notify()
    return None


async def _rotate(
    transaction: Transaction, accounts: Accounts, session: Sequence[Any], used: RefreshToken
) -> SignedIn:
    salt, generation, _, _, _, *user = session
    newest = accounts.refresh_tokens.make(used.session_id, salt, generation + 1)
    expires_at = datetime.now(UTC) + accounts.refresh_token_life
    await transaction.fetch(SQL.session_rotate, used.session_id, newest.hash, expires_at)
    return _signed_in(accounts, UserRow(*user), newest, expires_at)


async def sign_out(
    database: Database, accounts: Accounts, *, refresh_token: str, everywhere: bool
) -> bool:
    """Whether a session ended: the token's, or with `everywhere` any of the person's."""
    presented = accounts.refresh_tokens.parse(refresh_token)
    if presented is None:
        return False
    async with database.transaction() as transaction:
        if everywhere:
            await transaction.fetch(SQL.user_lock_of_session, presented.session_id)
        session = await _lock_given(transaction, accounts, presented)
        if session is None:
            return False
        which = None if everywhere else presented.session_id
        gone = await transaction.fetch_row(SQL.sessions_revoke, session[5], which)
        return gone is not None and gone[0] > 0


async def _begin(
    transaction: Transaction, accounts: Accounts, user: UserRow, encoded: str
) -> SignedIn | None:
    """A session, None if the user may not sign in or has another password than that of this hash by now."""
    ((session_id,),) = await transaction.fetch(SQL.session_key)
    salt = secrets.token_bytes(SALT_BYTES)
    token = accounts.refresh_tokens.make(session_id, salt, 1)
    expires_at = datetime.now(UTC) + accounts.refresh_token_life
    columns = (session_id, user.id, salt, token.hash, expires_at, encoded)
    if not await transaction.fetch(SQL.session_create, *columns):
        return None
    return _signed_in(accounts, user, token, expires_at)


async def _lock_given(
    transaction: Transaction, accounts: Accounts, presented: RefreshToken
) -> Sequence[Any] | None:
    """The session in force, if it gave this token at some time."""
    session = await transaction.fetch_row(SQL.session_lock, presented.session_id, SAME_SUCCESSOR)
    if session is None or presented.generation > session[1]:
        return None
    given = accounts.refresh_tokens.make(presented.session_id, session[0], presented.generation)
    return session if compare_digest(given.proof, presented.proof) else None


def _signed_in(
    accounts: Accounts, user: UserRow, token: RefreshToken, expires_at: datetime
) -> SignedIn:
    ends = (datetime.now(UTC) + accounts.access_token_life).replace(microsecond=0)
    access = accounts.access_tokens.give(
        AccessToken(user.id, token.session_id, int(ends.timestamp()))
    )
    return SignedIn(access, ends, token.text, expires_at, user)
