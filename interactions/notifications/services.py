"""Writes of users to their notifications: how far they have seen them, and from whom they want them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from core.accounts.statements import SQL as ACCOUNTS
from core.database.database import Database
from core.errors import account_removed
from interactions.notifications.notification_rows import NotificationAudience, NotificationKind
from interactions.notifications.statements import SQL


class SettingChange(NamedTuple):
    """What to set of a kind's setting; None stays."""

    allow_from: NotificationAudience | None = None
    push: bool | None = None


async def notifications_see(
    database: Database, *, viewer_id: int, position: int, client_mutation_id: str | None = None
) -> tuple[bool, int]:
    """Marks notifications as seen up to a position. Whether that changed anything, and up to where they are seen.

    Locks: the viewer's inbox.
    """
    rows = await database.write(SQL.notifications_see, viewer_id, position, client_mutation_id)
    if not rows:
        return False, 0
    changed, seen_through = rows[0]
    return bool(changed), int(seen_through)


async def settings_update(
    database: Database, *, viewer_id: int, changes: Mapping[NotificationKind, SettingChange]
) -> None:
    """Changes the viewer's settings of these kinds. Errors: UNAUTHENTICATED. Locks: the viewer."""
    async with database.transaction() as transaction:
        if await transaction.fetch_row(ACCOUNTS.users_lock, [viewer_id]) is None:
            raise account_removed()
        await transaction.fetch(
            SQL.notification_settings_set,
            viewer_id,
            list(changes),
            [change.allow_from for change in changes.values()],
            [change.push for change in changes.values()],
        )
