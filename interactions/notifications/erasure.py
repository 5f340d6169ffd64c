"""Removes a deleted account from the notifications of others, and its own."""

from __future__ import annotations

from core.database.database import Transaction
from core.database.time_ordered_keys import key_array
from interactions.notifications.changes import NotificationChanges
from interactions.notifications.groups import causes_remove
from interactions.notifications.statements import SQL

CAUSES_AT_ONCE = 200
NOTIFICATIONS_AT_ONCE = 20


async def notifications_erase(transaction: Transaction, user_id: int) -> int:
    """Removes some causes by the user, then some notifications of the user. Gives their number.

    Locks: the inboxes of the recipients.
    """
    causes = await transaction.fetch(SQL.causes_of_actor, user_id, CAUSES_AT_ONCE)
    if causes:
        recipients = {row[0] for row in causes}
        await transaction.fetch(SQL.notification_inboxes_lock, key_array(recipients))
        changes = NotificationChanges()
        removed = [(key, user_id, subject_id) for _, key, subject_id in causes]
        await causes_remove(transaction, removed, changes)
        await changes.log(transaction)
        return len(causes)
    rows = await transaction.fetch(SQL.notifications_of_user_delete, user_id, NOTIFICATIONS_AT_ONCE)
    return int(rows[0][0])
