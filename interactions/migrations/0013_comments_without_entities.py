"""The comments whose mentions, hashtags and links have not been looked for."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("interactions", "0012_text_entities")]

    operations = [
        AddIndexConcurrently(
            "comment",
            models.Index("id", name="comments_without_entities", condition=models.Q(entities__isnull=True)),
        )
    ]
