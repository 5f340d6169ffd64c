"""The posts with pictures of a profile."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("media", "0001_initial")]

    operations = [
        AddIndexConcurrently(
            "media",
            models.Index("owner", "post", name="media_of_profile", condition=models.Q(position=1)),
        )
    ]
