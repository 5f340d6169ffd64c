"""Writes about two people: follow, block, mute."""

from __future__ import annotations

from typing import NamedTuple

from core.accounts.rows import UserRow
from core.accounts.selectors import SQL
from core.database.pool import Database
from core.graphql.user_errors import ErrorCode, refuse


class PairChanged(NamedTuple):
    """The other person, and whether anything is different now."""

    user: UserRow
    changed: bool


async def follow_create(
    database: Database, *, viewer_id: int, user_id: int, client_mutation_id: str | None = None
) -> PairChanged:
    """Errors: Refused (NOT_FOUND, INVALID_INPUT). Locks: both people."""
    return await _change(
        database, "follow_create", viewer_id, user_id, client_mutation_id, lock=True
    )


async def follow_delete(
    database: Database, *, viewer_id: int, user_id: int, client_mutation_id: str | None = None
) -> PairChanged:
    """Errors: Refused (NOT_FOUND, INVALID_INPUT). Locks: both people."""
    return await _change(
        database, "follow_delete", viewer_id, user_id, client_mutation_id, lock=True
    )


async def block_create(
    database: Database, *, viewer_id: int, user_id: int, client_mutation_id: str | None = None
) -> PairChanged:
    """Severs follows both ways. One can block a person by whom one is blocked.

    Errors: Refused (NOT_FOUND, INVALID_INPUT). Locks: both people.
    """
    return await _change(
        database, "block_create", viewer_id, user_id, client_mutation_id, lock=True
    )


async def block_delete(
    database: Database, *, viewer_id: int, user_id: int, client_mutation_id: str | None = None
) -> PairChanged:
    """Brings no follow back. Errors: Refused (NOT_FOUND, INVALID_INPUT)."""
    return await _change(database, "block_delete", viewer_id, user_id, client_mutation_id)


async def mute_create(
    database: Database, *, viewer_id: int, user_id: int, client_mutation_id: str | None = None
) -> PairChanged:
    """Errors: Refused (NOT_FOUND, INVALID_INPUT)."""
    return await _change(database, "mute_create", viewer_id, user_id, client_mutation_id)


async def mute_delete(
    database: Database, *, viewer_id: int, user_id: int, client_mutation_id: str | None = None
) -> PairChanged:
    """Errors: Refused (NOT_FOUND, INVALID_INPUT)."""
    return await _change(database, "mute_delete", viewer_id, user_id, client_mutation_id)


async def _change(
    database: Database,
    statement: str,
    viewer_id: int,
    user_id: int,
    client_mutation_id: str | None,
    *,
    lock: bool = False,
) -> PairChanged:
    if viewer_id == user_id:
        raise refuse(
            ErrorCode.INVALID_INPUT, "This is you: it takes another person.", "input", "userId"
        )
    async with database.transaction() as transaction:
        if lock:
            # A statement of its own: the next one must see what was committed while this one waited.
            await transaction.fetch(SQL["pair_lock"], viewer_id, user_id)
        rows = await transaction.fetch(SQL[statement], viewer_id, user_id, client_mutation_id)
    if not rows:
        raise user_not_found()
    return PairChanged(UserRow(*rows[0][1:]), rows[0][0])


def user_not_found() -> Exception:
    """The refusal for a person who is not there, or not to be seen."""
    return refuse(ErrorCode.NOT_FOUND, "There is no such person.", "input", "userId")
