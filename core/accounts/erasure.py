"""Removing what is of a deleted account: follows, what is private to it, and in the end the user."""

from __future__ import annotations

from core.accounts.moderation import SQL
from core.database.database import Transaction
from core.database.time_ordered_keys import key_array

FOLLOWS_AT_ONCE = 50
ROWS_AT_ONCE = 500


async def account_take(transaction: Transaction) -> int | None:
    """A deleted account of which something is left, locked until the transaction ends; None if there is none."""
    row = await transaction.fetch_row(SQL.account_deletion_take)
    return None if row is None else int(row[0])


async def follows_erase(transaction: Transaction, user_id: int) -> int:
    """How many follows by or of the user it ended. Locks: both users of each."""
    pairs = await transaction.fetch(SQL.follows_of_user, user_id, FOLLOWS_AT_ONCE)
    if not pairs:
        return 0
    followers, followees = zip(*pairs, strict=True)
    await transaction.fetch(SQL.people_lock, list({*followers, *followees}))
    await transaction.fetch(SQL.follows_sever, key_array(followers), key_array(followees))
    return len(pairs)


async def remains_erase(transaction: Transaction, user_id: int) -> int:
    """How many rows it removed that are counted nowhere: mutes, blocks, sessions, keys of clients.

    A session that began while the account was hidden is revoked first. Locks: the user, then the sessions.
    """
    await transaction.fetch(SQL.people_lock, [user_id])
    await transaction.fetch(SQL.sessions_revoke, user_id, None)
    rows = await transaction.fetch(SQL.account_remains_delete, user_id, ROWS_AT_ONCE)
    return int(rows[0][0])


async def user_erase(transaction: Transaction, user_id: int) -> None:
    """Removes the user, once nothing else is left. The username stays taken.

    Errors: ForeignKeyViolationError if something was written meanwhile. Locks: the user.
    """
    await transaction.fetch(SQL.user_lock, user_id)
    await transaction.fetch(SQL.account_delete, user_id)
