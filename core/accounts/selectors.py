"""Reads of users and of relations between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from core.accounts.statements import SQL
from core.accounts.user_rows import (
    AccountDetailRow,
    RelationRow,
    SessionRow,
    UserDetailRow,
    UserRow,
)
from core.context import Context
from core.database.database import Database
from core.database.statements import variant_for
from core.errors import account_removed
from core.execution import NOTHING, SHARED, Layout
from core.loaders import PageLoader, ViewerLoader
from core.paging import EdgeRow

NO_RELATION = RelationRow()
MAX_COUNTED = 99
"""Up to which number requests and notifications are counted."""
MAX_SESSIONS = 50
"""How many sessions of a user may be active."""


class Profile(NamedTuple):
    """A user with the columns of a profile."""

    user: UserRow
    detail: UserDetailRow


async def users_by_ids(
    database: Database, viewer_id: int | None, ids: Sequence[int]
) -> list[UserRow | None]:
    """The users; None where the viewer can't see the name. Order: that of `ids`. Cost: one statement."""
    rows = await database.fetch(SQL.users_by_ids[variant_for(viewer_id)], viewer_id, ids)
    found = {row[0]: UserRow._make(row) for row in rows}
    return [found.get(key) for key in ids]


async def profile_by_username(
    database: Database, viewer_id: int | None, username: str
) -> Profile | None:
    """The user with this username, ignoring case, if the viewer can see the name. Cost: one statement."""
    statement = SQL.user_by_username[variant_for(viewer_id)]
    row = await database.fetch_row(statement, viewer_id, username)
    return None if row is None else Profile(UserRow(*row[:4]), UserDetailRow(*row[4:]))


class UserDetails(ViewerLoader[UserDetailRow]):
    """Profile columns by user key. Deleted accounts, which events may name, have empty ones."""

    async def fetch(self, keys: list[int]) -> list[UserDetailRow]:
        statement = SQL.user_details_by_ids[variant_for(self.viewer_id)]
        rows = await self.database.fetch(statement, self.viewer_id, keys)
        found = {row[0]: UserDetailRow._make(row) for row in rows}
        return [found[key] for key in keys]


class Relations(ViewerLoader[RelationRow]):
    """Relations between the viewer and users, by user key."""

    async def fetch(self, keys: list[int]) -> list[RelationRow]:
        if self.viewer_id is None:
            return [NO_RELATION for _ in keys]
        rows = await self.database.fetch(SQL.relations_by_ids, self.viewer_id, keys)
        found = {row[0]: RelationRow(*row[1:]) for row in rows}
        return [found[key] for key in keys]


class AccountDetails(ViewerLoader[AccountDetailRow]):
    """What only the viewer may read of the account, by the viewer's key."""

    async def fetch(self, keys: list[int]) -> list[AccountDetailRow | BaseException]:
        return [await self._read(key) for key in keys]

    async def _read(self, key: int) -> AccountDetailRow | BaseException:
        row = None
        if key == self.viewer_id:
            row = await self.database.fetch_row(SQL.account_details, key)
        if row is None:
            return account_removed()
        return AccountDetailRow._make((*row[:3], UserRow._make(row[3:])))


@dataclass(frozen=True, slots=True)
class Capped:
    """A number that is counted up to a limit only."""

    count: int
    capped: bool


def capped(number: int) -> Capped:
    """The number, as clients are shown it."""
    return Capped(min(number, MAX_COUNTED), number > MAX_COUNTED)


class FollowRequestCounts(ViewerLoader[Capped]):
    """How many users ask to follow the viewer, by the viewer's key."""

    async def fetch(self, keys: list[int]) -> list[Capped]:
        return [await self._read(key) for key in keys]

    async def _read(self, key: int) -> Capped:
        if key != self.viewer_id:
            return capped(0)
        rows = await self.database.fetch(SQL.follow_request_count, key, MAX_COUNTED + 1)
        return capped(rows[0][0])


class AccountSessions(ViewerLoader[list[SessionRow]]):
    """The viewer's sessions that have not ended, those used last first, by the viewer's key."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._session_id = context.session_id

    async def fetch(self, keys: list[int]) -> list[list[SessionRow]]:
        return [await self._read(key) if key == self.viewer_id else [] for key in keys]

    async def _read(self, key: int) -> list[SessionRow]:
        # A session that is being created may be one more than the limit for a moment.
        rows = await self.database.fetch(SQL.sessions_of_user, key, self._session_id, MAX_SESSIONS)
        return [SessionRow._make(row) for row in rows]


async def sessions_by_ids(context: Context, ids: Sequence[int]) -> list[SessionRow | None]:
    """The sessions; None for those that have ended, and for other users'. Order: that of `ids`. Cost: one statement."""
    if context.viewer_id is None:
        return [None for _ in ids]
    sessions = await context.loader(AccountSessions).load(context.viewer_id)
    found = {session.id: session for session in sessions}
    return [found.get(key) for key in ids]


USER_EDGE = Layout(EdgeRow, node=Layout(UserRow, 2), position=1, codec=SHARED, shared_by=NOTHING)
"""An edge: the list's key, the position, and the columns of `{user}`."""


class FollowersLoader(PageLoader):
    """Pages of each user's followers, by user key."""

    name = "followers"
    statement = SQL.followers_pages
    layout = USER_EDGE


class FollowingLoader(FollowersLoader):
    """Pages of the users whom each user follows, by user key."""

    name = "following"
    statement = SQL.following_pages


class KnownFollowersLoader(FollowersLoader):
    """Pages of each user's followers whom the viewer follows, by user key."""

    name = "known_followers"
    statement = SQL.known_followers_pages


class FollowRequestsLoader(FollowersLoader):
    """Pages of the users who ask to follow the viewer, by the viewer's key."""

    name = "follow_requests"
    statement = SQL.follow_requests_pages


class BlockedLoader(FollowersLoader):
    """Pages of the users whom the viewer blocks, by the viewer's key. Position: the other's key."""

    name = "blocked"
    statement = SQL.blocked_pages
    has_empty_rows = True


class MutedLoader(BlockedLoader):
    """Pages of the users whom the viewer mutes, by the viewer's key. Position: the other's key."""

    name = "muted"
    statement = SQL.muted_pages
