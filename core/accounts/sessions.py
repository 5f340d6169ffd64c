"""Sessions: their begin, the rotation of their refresh tokens, and their end."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hmac import compare_digest
from typing import NamedTuple

from core.accounts.login_throttle import LoginThrottle
from core.accounts.passwords import Passwords
from core.accounts.selectors import MAX_SESSIONS
from core.accounts.statements import SQL
from core.accounts.tokens import AccessToken, AccessTokens, RefreshToken, RefreshTokens
from core.accounts.user_rows import UserRow
from core.database.clock import CLOCK
from core.database.database import Database, Transaction
from core.errors import ErrorCode, not_found, refuse

REUSE_GRACE = timedelta(seconds=60)
"""How long a used refresh token still returns its successor, for a client that lost the response.

Clients notice that by a timeout of their own, which is often 30 seconds or more.
"""
SALT_BYTES = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Accounts:
    """What a process needs to sign users up, in and out."""

    access_tokens: AccessTokens
    refresh_tokens: RefreshTokens
    passwords: Passwords
    login_throttle: LoginThrottle
    access_token_life: timedelta
    refresh_token_life: timedelta
    sign_up_is_open: bool = True
    deletion_grace: timedelta = timedelta(days=14)
    """How long a deleted account can be restored."""


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


async def session_refresh(
    database: Database, accounts: Accounts, *, refresh_token: str, notify: Callable[[], None]
) -> SignedIn:
    """The session's next tokens. Errors: MutationRefused (TOKEN_REFUSED).

    For 60 seconds a used token returns its successor again, for a client that lost the response. Reuse after that,
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
            made = accounts.refresh_tokens.valid(presented.session_id, session.salt, generation)
            newest = next((token for token in made if token.hash == session.token_hash), None)
            if newest is None:  # Its secret is no longer used.
                return None
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


async def session_revoke(database: Database, *, viewer_id: int, session_id: int) -> bool:
    """Whether the session ended by this call. Errors: MutationRefused (NOT_FOUND) for none of the viewer's."""
    found = await database.fetch_row(SQL.session_of_user, viewer_id, session_id)
    if found is None:
        raise not_found("Session", "sessionId")
    if found[0]:
        return False
    revoked = await database.write(SQL.sessions_revoke, viewer_id, session_id)
    return int(revoked[0][0]) > 0


async def session_begin(
    transaction: Transaction,
    accounts: Accounts,
    user: UserRow,
    encoded: str,
    device_name: str = "",
) -> SignedIn | None:
    """A new session; None if the user may not sign in or no longer has this password hash.

    Of more than MAX_SESSIONS the one that was used longest ago ends.
    """
    ((session_id,),) = await transaction.fetch(SQL.session_key)
    salt = secrets.token_bytes(SALT_BYTES)
    token = accounts.refresh_tokens.make(session_id, salt, 1)
    life = accounts.refresh_token_life
    columns = (session_id, user.id, salt, token.hash, life, encoded, device_name)
    created = await transaction.fetch_row(SQL.session_create, *columns)
    if created is None:
        return None
    await transaction.fetch(SQL.sessions_limit, user.id, MAX_SESSIONS)
    return _signed_in(accounts, user, token, created[0])


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
    issued = accounts.refresh_tokens.valid(presented.session_id, session.salt, presented.generation)
    is_issued = any(compare_digest(token.mac, presented.mac) for token in issued)
    return session if is_issued else None


def _signed_in(
    accounts: Accounts, user: UserRow, token: RefreshToken, expires_at: datetime
) -> SignedIn:
    access_expires_at = (CLOCK.moment() + accounts.access_token_life).replace(microsecond=0)
    access = accounts.access_tokens.issue(
        AccessToken(user.id, token.session_id, int(access_expires_at.timestamp()))
    )
    return SignedIn(access, access_expires_at, token.text, expires_at, user)
