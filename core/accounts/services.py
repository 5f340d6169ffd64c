"""Writes about two people: follow, block, mute. They set a state: doing it twice changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from core.accounts.statements import SQL
from core.accounts.user_rows import UserRow
from core.database.database import Database, Row, Transaction
from core.database.group_commit import RETRYABLE_ERRORS, GroupCommits
from core.errors import ErrorCode, not_found, refuse


class PairChanged(NamedTuple):
    """The other user, None if a block of theirs hides them, and whether this call changed anything."""

    user: UserRow | None
    changed: bool


async def follow_create(
    group_commits: GroupCommits,
    *,
    viewer_id: int,
    user_id: int,
    client_mutation_id: str | None = None,
) -> PairChanged:
    """The person, followed. Follows that arrive together are committed together.

    Errors: MutationRefused (NOT_FOUND, INVALID_INPUT). Locks: both people.
    """
    return await _follow(group_commits, SQL.follow_create, viewer_id, user_id, client_mutation_id)


async def follow_delete(
    group_commits: GroupCommits,
    *,
    viewer_id: int,
    user_id: int,
    client_mutation_id: str | None = None,
) -> PairChanged:
    """The person, no longer followed. Errors: MutationRefused (NOT_FOUND, INVALID_INPUT). Locks: both people."""
    return await _follow(group_commits, SQL.follow_delete, viewer_id, user_id, client_mutation_id)


async def block_create(
    database: Database, *, viewer_id: int, user_id: int, client_mutation_id: str | None = None
) -> PairChanged:
    """The person, blocked; follows are severed both ways. Whoever is blocked can block back.

    Errors: MutationRefused (NOT_FOUND, INVALID_INPUT). Locks: both people.
    """
    _refuse_oneself(viewer_id, user_id)
    try:
        rows = await _block(database, viewer_id, user_id, client_mutation_id)
    except RETRYABLE_ERRORS:
        rows = await _block(database, viewer_id, user_id, client_mutation_id)
    return _pair_changed(rows)


async def block_delete(
    database: Database, *, viewer_id: int, user_id: int, client_mutation_id: str | None = None
) -> PairChanged:
    """The user, no longer blocked. No follow comes back.

    Errors: MutationRefused (INVALID_INPUT; NOT_FOUND for a user who blocks the viewer and is not blocked by them).
    """
    _refuse_oneself(viewer_id, user_id)
    row = (viewer_id, user_id, client_mutation_id)
    return _pair_changed(await database.write(SQL.block_delete, *row))


async def mute_create(
    database: Database, *, viewer_id: int, user_id: int, client_mutation_id: str | None = None
) -> PairChanged:
    """The person, muted. Errors: MutationRefused (NOT_FOUND, INVALID_INPUT)."""
    _refuse_oneself(viewer_id, user_id)
    row = (viewer_id, user_id, client_mutation_id)
    return _pair_changed(await database.write(SQL.mute_create, *row))


async def mute_delete(
    database: Database, *, viewer_id: int, user_id: int, client_mutation_id: str | None = None
) -> PairChanged:
    """The person, no longer muted. Errors: MutationRefused (NOT_FOUND, INVALID_INPUT)."""
    _refuse_oneself(viewer_id, user_id)
    row = (viewer_id, user_id, client_mutation_id)
    return _pair_changed(await database.write(SQL.mute_delete, *row))


async def people_lock(transaction: Transaction, pairs: Sequence[Sequence[object]]) -> None:
    """Locks the first two of each row. A pair that is locked is neither blocked nor followed by others."""
    people = {person for pair in pairs for person in pair[:2]}
    await transaction.fetch(SQL.people_lock, list(people))


async def _follow(
    group_commits: GroupCommits, statement: str, viewer_id: int, user_id: int, key: str | None
) -> PairChanged:
    _refuse_oneself(viewer_id, user_id)
    row = await group_commits.submit(statement, viewer_id, user_id, key, lock=people_lock)
    return _pair_changed([] if row is None else [row[1:]])


async def _block(database: Database, viewer_id: int, user_id: int, key: str | None) -> list[Row]:
    async with database.transaction() as transaction:
        await people_lock(transaction, [(viewer_id, user_id)])
        return await transaction.fetch(SQL.block_create, viewer_id, user_id, key)


def _refuse_oneself(viewer_id: int, user_id: int) -> None:
    if viewer_id == user_id:
        raise refuse(
            ErrorCode.INVALID_INPUT, "This is you: it takes another person.", "input", "userId"
        )


def _pair_changed(rows: Sequence[Row]) -> PairChanged:
    if not rows:
        raise not_found("User", "userId")
    changed, is_visible, *user = rows[0]
    return PairChanged(UserRow(*user) if is_visible else None, changed)
