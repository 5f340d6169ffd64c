"""The events after which clients may see less or more: with the restoration of accounts."""

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("events", "0010_of_hiding")]

    operations = [
        AddIndexConcurrently(
            "event",
            models.Index(
                "kind",
                "transaction",
                "id",
                name="events_of_visibility",
                condition=models.Q(
                    kind__in=(
                        "post_deleted",
                        "comment_deleted",
                        "user_deleted",
                        "user_privacy_changed",
                        "user_restored",
                    )
                ),
            ),
        ),
        RemoveIndexConcurrently("event", "events_of_hiding"),
    ]
