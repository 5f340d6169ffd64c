"""The events that kept home feeds may not have yet."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("events", "0005_plain_descriptions")]

    operations = [
        AddIndexConcurrently(
            "event",
            models.Index(
                "transaction",
                "id",
                name="events_of_reasons",
                condition=models.Q(kind__in=("post_created", "post_shared")),
            ),
        )
    ]
