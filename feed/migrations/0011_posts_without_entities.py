"""The posts whose mentions, hashtags and links have not been looked for."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("feed", "0010_text_entities")]

    operations = [
        AddIndexConcurrently(
            "post",
            models.Index("id", name="posts_without_entities", condition=models.Q(entities__isnull=True)),
        )
    ]
