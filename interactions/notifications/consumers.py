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
from feed.reactions import REACTION_KINDS
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
AFFECTED_AT_MOST = 200
"""For how many notifications a change of who sees what is delivered live: of a user whose relation to another changes,
for so many by the other, and those on the other's posts among the newest; of an account that is hidden, shown, private
or public, for so many by it and as many on its posts."""

CAUSING = frozenset(
    {
        event_types.POST_CREATED,
        event_types.POST_EDITED,
        *REACTION_KINDS,
        event_types.COMMENT_CREATED,
        event_types.COMMENT_EDITED,
        event_types.USER_FOLLOWED,
        event_types.USER_UNFOLLOWED,
        event_types.FOLLOW_REQUESTED,
        event_types.FOLLOW_REQUEST_DELETED,
        event_types.FOLLOW_ACCEPTED,
    }
)
"""Kinds of events after which a cause of a notification may hold or end."""
BLOCKING = frozenset({event_types.USER_BLOCKED, event_types.USER_UNBLOCKED})
RELATING = frozenset(event_types.RELATION_KINDS)
"""Kinds after which the actor may be shown more or less of the subject."""
FOLLOWING = RELATING - BLOCKING - {event_types.USER_MUTED, event_types.USER_UNMUTED}
"""Those that decide only about what is not for everybody."""
ACCOUNT_CHANGING = frozenset({*event_types.ACCOUNT_KINDS, event_types.USER_PRIVACY_CHANGED})
"""Kinds after which others may be shown more or less of the actor."""


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
    await changes.log(transaction)
    if not is_removed:
        await _visibility_change(transaction, events)
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


async def _visibility_change(transaction: Transaction, events: Sequence[EventRow]) -> None:
    """Logs changes of notifications that are hidden from their recipients, or shown again.

    They come after the other changes of the batch: what was added and hidden in it is not delivered as added, and a
    client may have it from before.
    """
    pairs: dict[tuple[int, int | None], bool] = {}
    accounts: dict[int, bool] = {}
    for event in events:
        actor_id, subject_id = event.actor_id, event.subject_id
        if event.kind in RELATING:
            is_follow = event.kind in FOLLOWING
            pairs[actor_id, subject_id] = is_follow and pairs.get((actor_id, subject_id), True)
        if event.kind in BLOCKING and subject_id is not None:
            pairs[subject_id, actor_id] = False
        if event.kind in ACCOUNT_CHANGING:
            is_whole = event.kind in event_types.ACCOUNT_KINDS
            accounts[actor_id] = is_whole or accounts.get(actor_id, False)
    changes = NotificationChanges()
    if pairs:
        recipients, others = zip(*pairs, strict=True)
        for key, recipient_id in await transaction.fetch(
            SQL.notifications_between,
            *(recipients, others, list(pairs.values()), AFFECTED_AT_MOST),
        ):
            changes.changed(recipient_id, key)
    if accounts:
        for key, recipient_id in await transaction.fetch(
            SQL.notifications_around_users,
            *(list(accounts), list(accounts.values()), AFFECTED_AT_MOST),
        ):
            changes.changed(recipient_id, key)
    await changes.log(transaction)
