"""The events that change the actor's whole home feed."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("events", "0006_of_reasons")]

    operations = [
        AddIndexConcurrently(
            "event",
            models.Index(
                "actor_id",
                "transaction",
                "id",
                name="events_of_relations",
                condition=models.Q(
                    kind__in=(
                        "user_followed",
                        "user_unfollowed",
                        "user_blocked",
                        "user_unblocked",
                        "user_muted",
                        "user_unmuted",
                    )
                ),
            ),
        )
    ]
