"""The events that change their actor's whole home feed: with the changes of who is mentioned."""

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("events", "0011_of_visibility")]

    operations = [
        AddIndexConcurrently(
            "event",
            models.Index(
                "actor_id",
                "transaction",
                "id",
                name="events_of_whole_feeds",
                condition=models.Q(
                    kind__in=(
                        "user_followed",
                        "user_unfollowed",
                        "user_blocked",
                        "user_unblocked",
                        "user_muted",
                        "user_unmuted",
                        "post_mention_changed",
                    )
                ),
            ),
        ),
        RemoveIndexConcurrently("event", "events_of_relations"),
    ]
