"""Removes the rows of a deleted account: follows, rows without counts or events, and at last the user."""

from __future__ import annotations

from core.accounts.moderation import SQL
from core.database.database import Transaction
from core.database.time_ordered_keys import key_array

FOLLOWS_AT_ONCE = 50
ROWS_AT_ONCE = 500


async def deleted_account_lock(transaction: Transaction, user_id: int) -> bool:
    """Locks a deleted account until the transaction ends. False if it is gone."""
    return await transaction.fetch_row(SQL.account_deletion_lock, user_id) is not None


async def follows_erase(transaction: Transaction, user_id: int) -> int:
    """Ends some follows by and of the user. Gives their number. Locks: both users of each."""
    pairs = await transaction.fetch(SQL.follows_of_user, user_id, FOLLOWS_AT_ONCE)
    if not pairs:
        return 0
    followers, followees = zip(*pairs, strict=True)
    await transaction.fetch(SQL.users_lock, list({*followers, *followees}))
    await transaction.fetch(SQL.follows_sever, key_array(followers), key_array(followees))
    return len(pairs)


async def remains_erase(transaction: Transaction, user_id: int) -> int:
    """Deletes some rows without counts. Gives their number.

    Revokes the sessions first: one may have begun while the account was being hidden.
    Locks: the user, then the sessions.
    """
    await transaction.fetch(SQL.users_lock, [user_id])
    await transaction.fetch(SQL.sessions_revoke, user_id, None)
    rows = await transaction.fetch(SQL.account_remains_delete, user_id, ROWS_AT_ONCE)
    return int(rows[0][0])


async def user_lock(transaction: Transaction, user_id: int) -> None:
    """Locks the user, so that no row that refers to it is added until the transaction ends."""
    await transaction.fetch(SQL.user_lock, user_id)


async def user_delete(transaction: Transaction, user_id: int) -> None:
    """Deletes the locked user, to whom no counted row refers any more. The username stays taken."""
    await transaction.fetch(SQL.account_delete, user_id)
