"""The comment above a deleted one."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("events", "0007_of_relations")]

    operations = [
        migrations.AddField(
            "event",
            "parent_id",
            models.BigIntegerField(
                null=True, help_text="Of a deleted comment: the nearest one above it that remains."
            ),
        )
    ]
