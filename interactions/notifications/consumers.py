"""Makes notifications of events: groups them, counts their actors, and withdraws what was taken back.

Whether a cause holds is read from the tables, not taken from the events. So an event may be handled twice, or late, as
the event of a dead job is, and an action that was undone in between leaves nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

from core.database.database import Transaction
from core.database.time_ordered_keys import key_array
from core.events import event_types
from core.events.event_log import EventRow
from core.jobs.registry import consumer
from interactions.notifications.changes import NotificationChanges
from interactions.notifications.groups import (
    Cause,
    CauseChange,
    GroupKey,
    causes_change,
    causes_remove,
)
from interactions.notifications.statements import SQL
from interactions.push.services import pushes_add

EVENTS_AT_ONCE = 500
"""Live delivery of later events waits while a batch writes."""
NOTIFICATIONS_AT_ONCE = 1_000
"""How many notifications on deleted posts are removed in one transaction."""
AFFECTED_BY_RELATION = 100
"""For how many notifications of each of the two users a block or mute is delivered live."""

CAUSING = frozenset(
    {
        event_types.POST_CREATED,
        event_types.POST_EDITED,
        event_types.POST_LIKED,
        event_types.POST_UNLIKED,
        event_types.POST_SHARED,
        event_types.POST_UNSHARED,
        event_types.COMMENT_CREATED,
        event_types.COMMENT_EDITED,
        event_types.COMMENT_LIKED,
        event_types.COMMENT_UNLIKED,
        event_types.USER_FOLLOWED,
        event_types.USER_UNFOLLOWED,
        event_types.FOLLOW_REQUESTED,
        event_types.FOLLOW_REQUEST_DELETED,
        event_types.FOLLOW_ACCEPTED,
    }
)
"""Kinds of events after which a cause of a notification may hold or end."""
BLOCKING = frozenset({event_types.USER_BLOCKED, event_types.USER_UNBLOCKED})
RELATING = BLOCKING | {event_types.USER_MUTED, event_types.USER_UNMUTED}


@consumer("notifications", from_end=False, events_at_once=EVENTS_AT_ONCE)
async def change_notifications(transaction: Transaction, events: Sequence[EventRow]) -> int | None:
    """Changes the notifications that the events concern; 0 once some of deleted posts and comments have been removed.

    These are removed in transactions of their own: inboxes that are locked in two steps are not locked by key, and an
    erasure could wait for the first while it holds the second.

    Locks: the inboxes of the recipients.
    """
    changes = NotificationChanges()
    is_removed = await _deleted_remove(transaction, events, changes)
    if not is_removed:
        await _causes_change(transaction, events, changes)
        await _relations_change(transaction, events, changes)
    await changes.log(transaction)
    await pushes_add(transaction, changes.announced)
    return 0 if is_removed else None


async def _deleted_remove(
    transaction: Transaction, events: Sequence[EventRow], changes: NotificationChanges
) -> bool:
    """Removes notifications and causes of deleted comments and posts. Whether there were any."""
    comments = [event for event in events if event.kind == event_types.COMMENT_DELETED]
    posts = [event.post_id for event in events if event.kind == event_types.POST_DELETED]
    if not comments and not posts:
        return False
    found = await transaction.fetch(
        SQL.notifications_of_deleted,
        [event.subject_id for event in comments],
        [event.actor_id for event in comments],
        posts,
        NOTIFICATIONS_AT_ONCE,
    )
    if not found:
        return False
    recipients = {row[1] for row in found}
    await transaction.fetch(SQL.notification_inboxes_lock, key_array(recipients))
    whole = [row[0] for row in found if row[2] is None]
    for key, recipient_id in await transaction.fetch(SQL.notifications_remove, whole):
        changes.removed(recipient_id, key)
    causes = [(row[0], row[2], row[3]) for row in found if row[2] is not None]
    await causes_remove(transaction, causes, changes)
    return True


async def _causes_change(
    transaction: Transaction, events: Sequence[EventRow], changes: NotificationChanges
) -> None:
    causing = [event for event in events if event.kind in CAUSING]
    if not causing:
        return
    rows = await transaction.fetch(
        SQL.notification_candidates,
        [event.kind for event in causing],
        key_array(event.actor_id for event in causing),
        key_array(event.post_id or 0 for event in causing),
        key_array(event.subject_id or 0 for event in causing),
        key_array(event.transaction for event in causing),
    )
    found: dict[Cause, CauseChange] = {}
    for number, recipient_id, thing_id, kind, *columns, step, holds, is_wanted in rows:
        cause = Cause(GroupKey(recipient_id, thing_id, kind), *columns)
        # All events about a cause say the same of the tables; the last one gives the time.
        found.pop(cause, None)
        found[cause] = CauseChange(causing[number - 1], step, holds, is_wanted)
    await causes_change(transaction, found, changes)


async def _relations_change(
    transaction: Transaction, events: Sequence[EventRow], changes: NotificationChanges
) -> None:
    """Logs changes of notifications that a block or mute hides from their recipients, or shows again."""
    pairs: set[tuple[int, int | None]] = set()
    for event in events:
        if event.kind in RELATING:
            pairs.add((event.actor_id, event.subject_id))
        if event.kind in BLOCKING and event.subject_id is not None:
            pairs.add((event.subject_id, event.actor_id))
    if not pairs:
        return
    recipients, actors = zip(*pairs, strict=True)
    for key, recipient_id in await transaction.fetch(
        SQL.notifications_between, recipients, actors, AFFECTED_BY_RELATION
    ):
        changes.changed(recipient_id, key)
