"""Sign-up, sign-in, sign-out and the rotation of refresh tokens."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hmac import compare_digest
from typing import NamedTuple

from core.accounts.login_throttle import AttemptedAccount, LoginThrottle
from core.accounts.models import User
from core.accounts.passwords import Passwords
from core.accounts.statements import SQL
from core.accounts.tokens import AccessToken, AccessTokens, RefreshToken, RefreshTokens
from core.accounts.user_rows import UserRow
from core.accounts.validators import (
    EMAIL_LENGTH,
    clean_display_name,
    clean_email,
    clean_username,
    comparable_email,
    folded_username,
)
from core.database.database import Database, Transaction
from core.errors import ErrorCode, InputRules, MutationRefused, refuse
from core.text import CONTROLS

REUSE_GRACE = timedelta(seconds=30)
"""How long a used refresh token still returns its successor, for a client that lost the response."""
SALT_BYTES = 16
SIGN_IN_ATTEMPTS = 3
"""How often a sign-in checks the password while its hash changes concurrently."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Accounts:
    """What a process needs to sign users up, in and out."""

    access_tokens: AccessTokens
    refresh_tokens: RefreshTokens
    passwords: Passwords
    login_throttle: LoginThrottle
    access_token_life: timedelta
    refresh_token_life: timedelta


class SignedIn(NamedTuple):
    """The newest tokens of a session, and its user."""

    access_token: str
    access_token_expires_at: datetime
    refresh_token: str
    refresh_token_expires_at: datetime
    viewer: UserRow


class LockedSession(NamedTuple):
    """An active session whose row is locked: the columns of `session_lock.sql`."""

    salt: bytes
    generation: int
    token_hash: bytes
    is_just_rotated: bool
    expires_at: datetime
    user: UserRow


async def sign_up(
    database: Database,
    accounts: Accounts,
    *,
    username: str,
    email: str,
    password: str,
    display_name: str,
) -> SignedIn:
    """A new account and its first session. Errors: MutationRefused (USERNAME_TAKEN, INVALID_INPUT), RATE_LIMITED.

    Usernames are public, but not whether an address has an account: an invalid address and a taken one are
    refused with the same message after the same work, and only if the rest of the input is valid.
    """
    rules = InputRules()
    username = rules.check("username", clean_username, username)
    display_name = rules.check("displayName", clean_display_name, display_name)
    usable_email = _usable_email(email)
    user = User(username=username or "", display_name=display_name or "", email=usable_email or "")
    problem = await accounts.passwords.problem(password, user)
    if problem is not None:
        rules.reject("password", problem)
    rules.raise_problems()
    encoded = await accounts.passwords.hashed(password)
    async with database.transaction() as transaction:
        created = await transaction.fetch_row(
            SQL.user_create, username, usable_email, encoded, display_name
        )
        if created is not None:
            signed_in = await _begin(transaction, accounts, UserRow._make(created), encoded)
            if signed_in is None:
                raise credentials_refused()
            return signed_in
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


def _usable_email(email: str) -> str | None:
    """The cleaned address; None for an invalid one, which is refused like a taken one."""
    try:
        return clean_email(email)
    except ValueError:
        return None


async def sign_in(
    database: Database,
    accounts: Accounts,
    *,
    login: str,
    password: str,
    address: str | None = None,
) -> SignedIn:
    """A new session. Errors: MutationRefused (CREDENTIALS_REFUSED), RATE_LIMITED.

    A wrong password and an unknown login give the same message after the same time.
    """
    login = login.strip()
    if len(login) > EMAIL_LENGTH or CONTROLS.search(login):
        raise credentials_refused()
    found = await _user_for_sign_in(database, login)
    account = AttemptedAccount(None if found is None else found[1].id, login)
    await asyncio.to_thread(accounts.login_throttle.count, account, address)
    checked = await accounts.passwords.check(password, None if found is None else found[0])
    if found is None or not checked.is_correct:
        raise credentials_refused()
    await asyncio.to_thread(accounts.login_throttle.succeeded, account, address)
    for _ in range(SIGN_IN_ATTEMPTS):
        encoded, user = found
        async with database.transaction() as transaction:
            if checked.new_hash is not None and await transaction.fetch(
                SQL.password_rehash, user.id, encoded, checked.new_hash
            ):
                encoded = checked.new_hash
            signed_in = await _begin(transaction, accounts, user, encoded)
        if signed_in is not None:
            return signed_in
        # The stored hash has changed: a new password, or another sign-in's new hash of the same one.
        found = await _user_for_sign_in(database, login)
        if found is None:
            break
        checked = await accounts.passwords.check(password, found[0])
        if not checked.is_correct:
            break
    raise credentials_refused()


async def sign_in_without_password(
    database: Database, accounts: Accounts, *, username: str
) -> SignedIn:
    """A new session of any user who may sign in. For development only. Errors: MutationRefused."""
    found = await _user_for_sign_in(database, username)
    if found is None:
        raise credentials_refused()
    encoded, user = found
    async with database.transaction() as transaction:
        signed_in = await _begin(transaction, accounts, user, encoded)
    if signed_in is None:
        raise credentials_refused()
    return signed_in


async def _user_for_sign_in(database: Database, login: str) -> tuple[str, UserRow] | None:
    """The password's hash and the user; None for an unknown login."""
    statement, comparable = SQL.user_for_sign_in_by_username, folded_username(login)
    if "@" in login:
        statement, comparable = SQL.user_for_sign_in_by_email, comparable_email(login)
    if comparable is None:
        return None
    row = await database.fetch_row(statement, comparable)
    return None if row is None else (row[0], UserRow._make(row[1:]))


def credentials_refused() -> MutationRefused:
    """The same refusal for every failed sign-in."""
    return refuse(ErrorCode.CREDENTIALS_REFUSED, "The login or the password is wrong.", "input")


async def session_refresh(
    database: Database, accounts: Accounts, *, refresh_token: str, notify: Callable[[], None]
) -> SignedIn:
    """The session's next tokens. Errors: MutationRefused (TOKEN_REFUSED).

    For 30 seconds a used token returns its successor again, for a client that lost the response. Reuse after that,
    or of an older token, means that the token was stolen: the session is revoked and `notify` is called.
    """
    presented = accounts.refresh_tokens.parse(refresh_token)
    renewed = None if presented is None else await _renew(database, accounts, presented, notify)
    if renewed is None:
        raise refuse(
            ErrorCode.TOKEN_REFUSED,
            "This refresh token is invalid or has expired. Sign in again.",
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
        session = await _lock_session(transaction, accounts, presented)
        if session is None:
            return None
        generation = session.generation
        if presented.generation == generation and compare_digest(
            presented.hash, session.token_hash
        ):
            return await _rotate(transaction, accounts, session, presented)
        if presented.generation == generation - 1 and session.is_just_rotated:
            newest = accounts.refresh_tokens.make(presented.session_id, session.salt, generation)
            return _signed_in(accounts, session.user, newest, session.expires_at)
        await transaction.fetch(SQL.sessions_revoke, session.user.id, presented.session_id)
    notify()
    return None


async def _rotate(
    transaction: Transaction, accounts: Accounts, session: LockedSession, used: RefreshToken
) -> SignedIn:
    newest = accounts.refresh_tokens.make(used.session_id, session.salt, session.generation + 1)
    life = accounts.refresh_token_life
    [(expires_at,)] = await transaction.fetch(
        SQL.session_rotate, used.session_id, newest.hash, life
    )
    return _signed_in(accounts, session.user, newest, expires_at)


async def sign_out(
    database: Database, accounts: Accounts, *, refresh_token: str, everywhere: bool
) -> bool:
    """Whether a session ended: the token's, or with `everywhere` any of its user."""
    presented = accounts.refresh_tokens.parse(refresh_token)
    if presented is None:
        return False
    async with database.transaction() as transaction:
        if everywhere:
            await transaction.fetch(SQL.user_lock_of_session, presented.session_id)
        session = await _lock_session(transaction, accounts, presented)
        if session is None:
            return False
        only = None if everywhere else presented.session_id
        revoked = await transaction.fetch_row(SQL.sessions_revoke, session.user.id, only)
        return revoked is not None and revoked[0] > 0


async def _begin(
    transaction: Transaction, accounts: Accounts, user: UserRow, encoded: str
) -> SignedIn | None:
    """A new session; None if the user may not sign in or no longer has this password hash."""
    ((session_id,),) = await transaction.fetch(SQL.session_key)
    salt = secrets.token_bytes(SALT_BYTES)
    token = accounts.refresh_tokens.make(session_id, salt, 1)
    columns = (session_id, user.id, salt, token.hash, accounts.refresh_token_life, encoded)
    created = await transaction.fetch_row(SQL.session_create, *columns)
    if created is None:
        return None
    expires_at = created[0]
    return _signed_in(accounts, user, token, expires_at)


async def _lock_session(
    transaction: Transaction, accounts: Accounts, presented: RefreshToken
) -> LockedSession | None:
    """The active session, locked, if it has issued this token; else None."""
    row = await transaction.fetch_row(SQL.session_lock, presented.session_id, REUSE_GRACE)
    if row is None:
        return None
    session = LockedSession._make((*row[:5], UserRow._make(row[5:])))
    if presented.generation > session.generation:
        return None
    issued = accounts.refresh_tokens.make(presented.session_id, session.salt, presented.generation)
    return session if compare_digest(issued.mac, presented.mac) else None


def _signed_in(
    accounts: Accounts, user: UserRow, token: RefreshToken, expires_at: datetime
) -> SignedIn:
    access_expires_at = (datetime.now(UTC) + accounts.access_token_life).replace(microsecond=0)
    access = accounts.access_tokens.issue(
        AccessToken(user.id, token.session_id, int(access_expires_at.timestamp()))
    )
    return SignedIn(access, access_expires_at, token.text, expires_at, user)
