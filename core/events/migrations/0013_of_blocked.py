"""The events of blocks by who is blocked."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("events", "0012_of_whole_feeds")]

    operations = [
        AddIndexConcurrently(
            "event",
            models.Index(
                "subject_id",
                "transaction",
                "id",
                name="events_of_blocked",
                condition=models.Q(kind__in=("user_blocked", "user_unblocked")),
            ),
        ),
    ]
