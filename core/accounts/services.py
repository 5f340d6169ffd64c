"""Writes of relations: follow, block, mute. They set a state, so repeating one changes nothing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple, Protocol

from core.accounts.statements import SQL
from core.accounts.user_rows import UserRow
from core.accounts.validators import PENDING_REQUESTS
from core.database.database import Database, Row, Transaction, TransactionAborted
from core.database.group_commit import GroupCommits
from core.errors import ErrorCode, not_found, refuse


class RelationChange(NamedTuple):
    """The other user, None if hidden from the viewer, and whether the call changed anything."""

    user: UserRow | None
    changed: bool


class RelationService(Protocol):
    """Changes what the viewer has set towards another user.

    Errors: MutationRefused (INVALID_INPUT for the viewer itself, NOT_FOUND for a user whom the viewer can't see).
    """

    def __call__(
        self,
        group_commits: GroupCommits,
        *,
        viewer_id: int,
        user_id: int,
        client_mutation_id: str | None = None,
    ) -> Awaitable[RelationChange]: ...


async def users_lock(transaction: Transaction, pairs: Sequence[Sequence[object]]) -> None:
    """Locks the users in the first two columns of each row against other follows and blocks."""
    users = {user for pair in pairs for user in pair[:2]}
    await transaction.fetch(SQL.users_lock, list(users))


async def _follow(
    group_commits: GroupCommits, statement: str, viewer_id: int, user_id: int, key: str | None
) -> RelationChange:
    _refuse_self(viewer_id, user_id)
    row = await group_commits.submit(statement, viewer_id, user_id, key, lock=users_lock)
    if row is not None and row[1]:
        raise refuse(
            ErrorCode.LIMIT_REACHED,
            f"You have asked {PENDING_REQUESTS} users who have not answered. Take requests back by unfollowUser, "
            "or wait.",
            "input",
            "userId",
        )
    return _relation_change([] if row is None else [row[2:]])


async def _write(
    group_commits: GroupCommits, statement: str, viewer_id: int, user_id: int, key: str | None
) -> RelationChange:
    _refuse_self(viewer_id, user_id)
    return _relation_change(await group_commits.database.write(statement, viewer_id, user_id, key))


async def _write_locked(
    group_commits: GroupCommits, statement: str, viewer_id: int, user_id: int, key: str | None
) -> RelationChange:
    _refuse_self(viewer_id, user_id)
    arguments = (statement, viewer_id, user_id, key)
    try:
        rows = await _fetch_locked(group_commits.database, *arguments)
    except TransactionAborted:
        rows = await _fetch_locked(group_commits.database, *arguments)
    return _relation_change(rows)


async def _fetch_locked(
    database: Database, statement: str, viewer_id: int, user_id: int, key: str | None
) -> list[Row]:
    async with database.transaction() as transaction:
        await users_lock(transaction, [(viewer_id, user_id)])
        return await transaction.fetch(statement, viewer_id, user_id, key)


def _refuse_self(viewer_id: int, user_id: int) -> None:
    if viewer_id == user_id:
        raise refuse(
            ErrorCode.INVALID_INPUT, "This is you. Choose another user.", "input", "userId"
        )


def _relation_change(rows: Sequence[Row]) -> RelationChange:
    if not rows:
        raise not_found("User", "userId")
    changed, is_visible, *user = rows[0]
    return RelationChange(UserRow(*user) if is_visible else None, changed)


def _service(
    write: Callable[[GroupCommits, str, int, int, str | None], Awaitable[RelationChange]],
    statement: str,
) -> RelationService:
    def service(
        group_commits: GroupCommits,
        *,
        viewer_id: int,
        user_id: int,
        client_mutation_id: str | None = None,
    ) -> Awaitable[RelationChange]:
        return write(group_commits, statement, viewer_id, user_id, client_mutation_id)

    return service


follow_create = _service(_follow, SQL.follow_create)
"""The user, now followed, or asked if the account is private. Follows that arrive together are committed together.

Errors: also LIMIT_REACHED. Locks: both users.
"""
follow_delete = _service(_follow, SQL.follow_delete)
"""The user, no longer followed or asked; also one who is hidden from the viewer. Locks: both users."""
block_create = _service(_write_locked, SQL.block_create)
"""The user, now blocked. Follows between the two end. A blocked viewer can block back. Locks: both users."""
block_delete = _service(_write, SQL.block_delete)
"""The user, no longer blocked. Follows are not restored."""
mute_create = _service(_write, SQL.mute_create)
"""The user, now muted."""
mute_delete = _service(_write, SQL.mute_delete)
"""The user, no longer muted."""
follow_request_accept = _service(_write_locked, SQL.follow_request_accept)
"""The user, who follows the viewer now if there was a request; whether there was one. Locks: both users."""
follow_request_reject = _service(_write_locked, SQL.follow_request_reject)
"""The user, whose request to follow the viewer is gone; whether there was one. The user may ask again.

Locks: both users.
"""
follower_delete = _service(_write_locked, SQL.follower_delete)
"""The user, who does not follow the viewer any more; also one who is hidden from the viewer. Locks: both users."""
