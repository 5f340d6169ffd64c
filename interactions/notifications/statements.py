"""The SQL statements of notifications, by name."""

from __future__ import annotations

from core.database.statements import Statements, Variants
from core.events import event_types
from interactions.notifications.notification_rows import NotificationAudience, NotificationKind
from interactions.statements import InteractionStatements

NAMES = ",".join(kind.name for kind in NotificationKind)
AUDIENCES = ",".join(audience.name for audience in NotificationAudience)


class NotificationStatements(
    Statements,
    uses=[InteractionStatements],
    fragments={
        **{
            f"kind_{kind.name.lower()}": f"-- The number of a kind.\n{kind.value}"
            for kind in NotificationKind
        },
        "notification_kinds": "-- The kinds of events about notifications.\n"
        f"{event_types.NOTIFICATION_KINDS}",
        "notification_kind_name": "-- The name of a kind.\n-- parameters: of\n"
        f"('{{{NAMES}}}'::text[])[{{of}}]",
        **{
            f"audience_{audience.name.lower()}": f"-- The number of an audience.\n{audience.value}"
            for audience in NotificationAudience
        },
        "notification_audience_name": "-- The name of an audience.\n-- parameters: of\n"
        f"('{{{AUDIENCES}}}'::text[])[{{of}} + 1]",
    },
):
    actors_of_notifications: Variants
    causes_of_actor: str
    notification_actors_add: str
    notification_actors_return: str
    notification_actors_trim: str
    notification_candidates: str
    notification_causes: str
    notification_causes_remove: str
    notification_dropped_add: str
    notification_dropped_remove: str
    notification_events: str
    notification_events_add: str
    notification_inboxes_add: str
    notification_inboxes_lock: str
    notification_inboxes_set: str
    notification_settings_export: str
    notification_settings_of_user: str
    notification_settings_set: str
    notifications_add: str
    notifications_around_users: str
    notifications_between: str
    notifications_by_ids: str
    notifications_exist: str
    notifications_expire: str
    notifications_export: str
    notifications_move: str
    notifications_newest: str
    notifications_of_deleted: str
    notifications_of_user_delete: str
    notifications_page: str
    notifications_remove: str
    notifications_see: str
    notifications_trim: str
    notifications_unseen: str


SQL = NotificationStatements()
