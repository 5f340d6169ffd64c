"""The comments on a post without replies, as feeds show them."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("interactions", "0008_bookmarks")]

    operations = [
        AddIndexConcurrently(
            "comment",
            models.Index(
                "post", "id", name="comments_top_level", condition=models.Q(parent__isnull=True)
            ),
        )
    ]
