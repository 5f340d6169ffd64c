"""Reads of notifications, of how many were not seen, and of settings."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from core.accounts.selectors import USER_EDGE, Capped, capped
from core.context import Context
from core.database.cursors import CursorSigner, TextCursorCodec
from core.database.database import Database
from core.database.time_ordered_keys import HIGHEST_KEY
from core.errors import ClientError
from core.execution import NOTHING, SHARED, Layout
from core.loaders import PageLoader, ViewerLoader
from core.paging import EdgeRow, ForwardPage, decode_position, page_limit
from interactions.notifications.notification_rows import (
    NotificationKind,
    NotificationRow,
    SettingRow,
)
from interactions.notifications.statements import SQL

ALL_KINDS = tuple(NotificationKind)
MAX_KINDS = len(ALL_KINDS)
NOTIFICATION_EDGE = Layout(
    EdgeRow, node=Layout(NotificationRow, 2), position=3, codec=SHARED, shared_by=NOTHING
)
"""The snapshot and the number not seen, then the columns of `{notification}`."""


class NotificationCursorCodec(NamedTuple):
    """Encodes the cursors of a list of some kinds. `markNotificationsSeen` takes a cursor of any such list."""

    texts: TextCursorCodec
    kinds: int
    """A bit for each kind."""

    def encode(self, position: int) -> str:
        """The cursor of a position."""
        return self.texts.encode(f"{self.kinds}:{position}")

    def encode_all(self, positions: list[int]) -> list[str]:
        """The cursors of the positions."""
        return list(map(self.encode, positions))


def position_of(signer: CursorSigner, viewer_id: int, cursor: str, kinds: int | None = None) -> int:
    """The position in the viewer's notifications that the cursor of a list encodes. Errors: INVALID_CURSOR.

    `kinds`: the list that it must be of; None: any.
    """
    codec = _texts(signer, viewer_id)
    encoded, position = decode_position(codec, cursor).split(":")
    if kinds is not None and int(encoded) != kinds:
        # Raises the error of a cursor of another list.
        decode_position(codec, "")
    return int(position)


def _texts(signer: CursorSigner, viewer_id: int) -> TextCursorCodec:
    return signer.text_codec("notifications", viewer_id)


class NotificationPage(ForwardPage):
    """A page of notifications, and how many were not seen in its snapshot."""

    __slots__ = ("unseen",)

    unseen: Capped


async def notifications_page(
    context: Context,
    kinds: Collection[NotificationKind] | None,
    first: int | None,
    after: str | None,
) -> NotificationPage:
    """A page of the viewer's notifications, those first that last had a new actor.

    Errors: UNAUTHENTICATED, BAD_INPUT, BAD_PAGE, INVALID_CURSOR. Cost: one statement.
    """
    viewer_id = context.require_viewer()
    if kinds is not None and len(kinds) > MAX_KINDS:
        raise ClientError(f"`kinds` has {len(kinds)} kinds; send at most {MAX_KINDS}.", "BAD_INPUT")
    chosen = sorted(set(ALL_KINDS if kinds is None else kinds))
    mask = sum(1 << kind for kind in chosen)
    limit = page_limit(first)
    signer = context.services.cursors
    below = HIGHEST_KEY if after is None else position_of(signer, viewer_id, after, mask)

    async def precedes() -> bool:
        arguments = (viewer_id, below - 1, chosen)
        return bool((await context.database.fetch(SQL.notifications_exist, *arguments))[0][0])

    rows = await context.database.fetch(SQL.notifications_page, viewer_id, below, chosen, limit + 1)
    snapshot, unseen = rows[0][:2]
    page = NotificationPage(
        NOTIFICATION_EDGE,
        [row for row in rows if row[2] is not None],
        limit,
        NotificationCursorCodec(_texts(signer, viewer_id), mask),  # type: ignore[arg-type]  # encodes as one
        None if after is None else precedes,
        snapshot,
    )
    page.unseen = capped(unseen)
    return page


async def notifications_by_ids(
    database: Database, recipients: Collection[int], ids: Sequence[int]
) -> list[NotificationRow | None]:
    """The notifications as their recipients are shown them; None for others, and for those of which nothing is shown.

    Order: of `ids`. Cost: one statement.
    """
    rows = await database.fetch(SQL.notifications_by_ids, ids, list(recipients))
    found = {row[0]: NotificationRow._make(row) for row in rows}
    return [found.get(key) for key in ids]


async def notification_nodes(
    context: Context, ids: Sequence[int]
) -> Sequence[NotificationRow | None]:
    """The viewer's notifications with these keys. Order: of `ids`."""
    if context.viewer_id is None:
        return [None for _ in ids]
    return await notifications_by_ids(context.database, [context.viewer_id], ids)


async def unseen_counts(database: Database, users: Sequence[int]) -> dict[int, Capped]:
    """How many notifications users have not seen, of those that the list shows. Cost: one statement."""
    rows = await database.fetch(SQL.notifications_unseen, list(users))
    return {user_id: capped(number) for user_id, number in rows}


class UnseenNotifications(ViewerLoader[Capped]):
    """How many notifications the viewer has not seen, by the viewer's key."""

    async def fetch(self, keys: list[int]) -> list[Capped]:
        own = [key for key in keys if key == self.viewer_id]
        counts = await unseen_counts(self.database, own)
        return [counts.get(key, capped(0)) for key in keys]


class NotificationSettings(ViewerLoader[list[SettingRow]]):
    """The viewer's settings of all kinds, by the viewer's key."""

    async def fetch(self, keys: list[int]) -> list[list[SettingRow]]:
        return [await self._read(key) if key == self.viewer_id else [] for key in keys]

    async def _read(self, key: int) -> list[SettingRow]:
        rows = await self.database.fetch(SQL.notification_settings_of_user, key)
        found: dict[Any, SettingRow] = {row[0]: SettingRow._make(row) for row in rows}
        return [found.get(kind, SettingRow(kind)) for kind in ALL_KINDS]


class ActorsByNotificationLoader(PageLoader):
    """Pages of the actors of the viewer's notifications, by the notification's key."""

    name = "notification_actors"
    statement = SQL.actors_of_notifications
    layout = USER_EDGE
    has_empty_rows = True
