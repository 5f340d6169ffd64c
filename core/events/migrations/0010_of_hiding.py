"""The events after which anonymous clients may see less."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("events", "0009_of_notifications")]

    operations = [
        AddIndexConcurrently(
            "event",
            models.Index(
                "kind",
                "transaction",
                "id",
                name="events_of_hiding",
                condition=models.Q(
                    kind__in=(
                        "post_deleted",
                        "comment_deleted",
                        "user_deleted",
                        "user_privacy_changed",
                    )
                ),
            ),
        )
    ]
