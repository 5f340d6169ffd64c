"""The shares of a post in a kept home feed, in order: of those of a storm the newest is found at once."""

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("feed", "0022_public_hashtag_posts")]
    operations = [
        AddIndexConcurrently(
            "homefeedreason",
            models.Index(
                models.F("feed_id"),
                models.F("post_id"),
                models.F("position"),
                condition=models.Q(sharer_id__isnull=False),
                name="home_feed_shares_of_post",
            ),
        ),
        RemoveIndexConcurrently("homefeedreason", "home_feed_reasons_shares"),
    ]
