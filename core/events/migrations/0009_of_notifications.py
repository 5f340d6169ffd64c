"""The events about changes to a user's notifications."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("events", "0008_event_parent")]

    operations = [
        AddIndexConcurrently(
            "event",
            models.Index(
                "actor_id",
                "transaction",
                "id",
                name="events_of_notifications",
                condition=models.Q(
                    kind__in=(
                        "notification_added",
                        "notification_changed",
                        "notification_removed",
                        "notifications_seen",
                    )
                ),
            ),
        )
    ]
