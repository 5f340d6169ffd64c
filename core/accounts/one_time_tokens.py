"""Tokens in mails, which verify an address or set a new password: made, and used once."""

from __future__ import annotations

from datetime import timedelta
from enum import Enum
from functools import cache
from typing import NamedTuple

from django.conf import settings

from core.accounts.statements import SQL
from core.accounts.tokens import OneTimeToken, OneTimeTokens
from core.accounts.user_rows import UserRow
from core.accounts.validators import comparable_email, folded_username
from core.database.database import Database, Transaction
from core.errors import ErrorCode, MutationRefused, refuse

MAX_RESETS_PER_HOUR = 5
"""Mails to one account that set a new password."""


class Purpose(Enum):
    """What a token is for."""

    VERIFY_EMAIL = "verify_email"
    RESET_PASSWORD = "reset_password"  # noqa: S105  # a name


LIFETIMES = {
    Purpose.VERIFY_EMAIL: timedelta(days=1),
    Purpose.RESET_PASSWORD: timedelta(hours=1),
}


class FoundToken(NamedTuple):
    """A token that a client has sent, and what it is for."""

    token: OneTimeToken
    purpose: Purpose
    email: str
    """The address that it was mailed to."""
    user: UserRow


@cache
def one_time_tokens() -> OneTimeTokens:
    """The tokens of this server."""
    return OneTimeTokens(*settings.ENVIRONMENT.secrets)


async def token_create(transaction: Transaction, purpose: Purpose, user_id: int, email: str) -> int:
    """The key of a new token for this address."""
    ((id,),) = await transaction.fetch(SQL.session_key)
    token_hash = one_time_tokens().make(purpose.value, id).hash
    columns = (id, user_id, purpose.value, token_hash, email, LIFETIMES[purpose])
    await transaction.fetch(SQL.account_token_create, *columns)
    return int(id)


async def reset_token_create(transaction: Transaction, login: str) -> int | None:
    """The key of a new token that sets the password of the account with this login.

    None if there is no such account, its address is not verified, or it was sent too many. Locks: the user.
    """
    statement, comparable = SQL.user_for_reset_by_username, folded_username(login)
    if "@" in login:
        statement, comparable = SQL.user_for_reset_by_email, comparable_email(login)
    if comparable is None:
        return None
    purpose = Purpose.RESET_PASSWORD
    found = await transaction.fetch_row(statement, comparable, purpose.value)
    if found is not None:
        # Tokens that are created at once wait for each other here, so that none is counted too late.
        await transaction.fetch(SQL.users_lock, [found[0]])
        found = await transaction.fetch_row(statement, comparable, purpose.value)
    if found is None or found[2] >= MAX_RESETS_PER_HOUR:
        return None
    return await token_create(transaction, purpose, found[0], found[1])


async def token_found(database: Database | Transaction, purpose: Purpose, text: str) -> FoundToken:
    """A token that is valid so far: stored, and made with a secret key that is set, since one that has leaked makes
    tokens of others.

    Errors: MutationRefused (TOKEN_REFUSED). Cost: one statement.
    """
    token = OneTimeTokens.parse(text)
    row = None if token is None else await database.fetch_row(SQL.account_token, token.id)
    if token is None or row is None or (row[0], row[1]) != (purpose.value, token.hash):
        raise token_refused()
    if one_time_tokens().with_hash(purpose.value, token.id, token.hash) is None:
        raise token_refused()
    return FoundToken(token, purpose, row[2], UserRow._make(row[3:]))


async def token_use(transaction: Transaction, found: FoundToken) -> None:
    """Uses the token up. Errors: MutationRefused (TOKEN_REFUSED) if it was used meanwhile. Locks: the user."""
    await transaction.fetch(SQL.users_lock, [found.user.id])
    columns = (found.token.id, found.purpose.value, found.token.hash)
    if await transaction.fetch_row(SQL.account_token_use, *columns) is None:
        raise token_refused()


def token_refused() -> MutationRefused:
    """The same refusal for every token that can't be used."""
    return refuse(
        ErrorCode.TOKEN_REFUSED,
        "This link or code is invalid, was used before or has expired. Request a new one.",
        "input",
        "token",
    )
