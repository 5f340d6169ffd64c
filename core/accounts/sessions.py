"""Signing up, in and out, and staying signed in."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hmac import compare_digest
from typing import Any, NamedTuple

from asyncpg import UniqueViolationError

from core.accounts.attempts import Attempts
from core.accounts.passwords import Passwords
from core.accounts.rows import UserRow
from core.accounts.rules import EMAIL_REFUSED
from core.accounts.selectors import SQL
from core.accounts.tokens import AccessToken, AccessTokens, RefreshToken, RefreshTokens
from core.database.pool import Database, Transaction
from core.graphql.user_errors import ErrorCode, refuse

SAME_SUCCESSOR_SECONDS = 30
SALT_BYTES = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Accounts:
    """What accounts keep for a process."""

    access_tokens: AccessTokens
    refresh_tokens: RefreshTokens
    passwords: Passwords
    attempts: Attempts
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
    email: str,
    encoded_password: str,
    display_name: str,
) -> SignedIn:
    """A new account and its first session. Errors: Refused (USERNAME_TAKEN, INVALID_INPUT)."""
    columns = (username, email, encoded_password, display_name)
    try:
        rows = await database.write(SQL["user_create"], *columns)
    except UniqueViolationError as error:
        # Usernames are public. Whether an address has an account is not: it is refused like any other.
        if error.constraint_name == "users_username_unique":
            raise refuse(
                ErrorCode.USERNAME_TAKEN, "Somebody else has this username.", "input", "username"
            ) from None
        raise refuse(ErrorCode.INVALID_INPUT, EMAIL_REFUSED, "input", "email") from None
    return await _begin(database, accounts, UserRow._make(rows[0]))


async def sign_in(database: Database, accounts: Accounts, *, login: str, password: str) -> SignedIn:
    """A new session. Errors: Refused (CREDENTIALS_REFUSED), RATE_LIMITED.

    A wrong password and an unknown login are told apart neither in words nor in time.
    """
    await accounts.attempts.count(login)
    by = "email" if "@" in login else "username"
    row = await database.fetch_row(SQL[f"user_for_sign_in_by_{by}"], login)
    if not await accounts.passwords.matches(password, None if row is None else row[0]):
        raise refuse(ErrorCode.CREDENTIALS_REFUSED, "The login or the password is wrong.", "input")
    await accounts.attempts.forget(login)
    return await _begin(database, accounts, UserRow(*row[1:]))  # type: ignore[index]  # None matches nothing


async def session_refresh(
    database: Database, accounts: Accounts, *, refresh_token: str
) -> SignedIn:
    """The session's next tokens. Errors: Refused (TOKEN_REFUSED).

    The token before the newest gives the newest again for 30 seconds, for a client that lost the answer.
    After that, or an older one: somebody else has used it, and the session is revoked.
    """
    presented = accounts.refresh_tokens.parse(refresh_token)
    renewed = None if presented is None else await _renew(database, accounts, presented)
    if renewed is None:
        raise refuse(
            ErrorCode.TOKEN_REFUSED,
            "This refresh token is not good, or no longer. Sign in again.",
            "input",
            "refreshToken",
        )
    return renewed


async def _renew(
    database: Database, accounts: Accounts, presented: RefreshToken
) -> SignedIn | None:
    async with database.transaction() as transaction:
        session = await transaction.fetch_row(SQL["session_lock"], presented.session_id)
        if session is None or not _is_ours(accounts, session, presented):
            return None
        _, generation, token_hash, rotated_at, expires_at, *user = session
        now = datetime.now(UTC)
        if presented.generation == generation and compare_digest(presented.hash, token_hash):
            return await _rotate(transaction, accounts, session, presented)
        within = now - rotated_at <= timedelta(seconds=SAME_SUCCESSOR_SECONDS)
        if presented.generation == generation - 1 and within:
            newest = accounts.refresh_tokens.make(presented.session_id, session[0], generation)
            return _signed_in(accounts, UserRow(*user), newest, expires_at)
        await transaction.fetch(SQL["sessions_revoke"], user[0], presented.session_id)
        return None


async def _rotate(
    transaction: Transaction, accounts: Accounts, session: Sequence[Any], used: RefreshToken
) -> SignedIn:
    salt, generation, _, _, _, *user = session
    newest = accounts.refresh_tokens.make(used.session_id, salt, generation + 1)
    expires_at = datetime.now(UTC) + accounts.refresh_token_life
    await transaction.fetch(SQL["session_rotate"], used.session_id, newest.hash, expires_at)
    return _signed_in(accounts, UserRow(*user), newest, expires_at)


async def sign_out(
    database: Database, accounts: Accounts, *, refresh_token: str, everywhere: bool
) -> bool:
    """Whether a session ended: the token's, or with `everywhere` any of the person's."""
    presented = accounts.refresh_tokens.parse(refresh_token)
    if presented is None:
        return False
    async with database.transaction() as transaction:
        session = await transaction.fetch_row(SQL["session_lock"], presented.session_id)
        if session is None or not _is_ours(accounts, session, presented):
            return False
        which = None if everywhere else presented.session_id
        gone = await transaction.fetch_row(SQL["sessions_revoke"], session[5], which)
        return gone is not None and gone[0] > 0


async def _begin(database: Database, accounts: Accounts, user: UserRow) -> SignedIn:
    row = await database.fetch_row(SQL["session_key"])
    salt = secrets.token_bytes(SALT_BYTES)
    token = accounts.refresh_tokens.make(row[0], salt, 1)  # type: ignore[index]  # it always gives a row
    expires_at = datetime.now(UTC) + accounts.refresh_token_life
    await database.write(
        SQL["session_create"], token.session_id, user.id, salt, token.hash, expires_at
    )
    return _signed_in(accounts, user, token, expires_at)


def _is_ours(accounts: Accounts, session: Sequence[Any], presented: RefreshToken) -> bool:
    """Whether the session gave this token at some time."""
    given = accounts.refresh_tokens.make(presented.session_id, session[0], presented.generation)
    return presented.generation <= session[1] and compare_digest(given.proof, presented.proof)


def _signed_in(
    accounts: Accounts, user: UserRow, token: RefreshToken, expires_at: datetime
) -> SignedIn:
    ends = (datetime.now(UTC) + accounts.access_token_life).replace(microsecond=0)
    access = accounts.access_tokens.give(
        AccessToken(user.id, token.session_id, int(ends.timestamp()))
    )
    return SignedIn(access, ends, token.text, expires_at, user)
