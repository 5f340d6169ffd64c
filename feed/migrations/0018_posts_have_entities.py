"""Removes what found posts whose mentions, hashtags and links had not been looked for."""

from django.contrib.postgres.operations import RemoveIndexConcurrently
from django.db import migrations


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("feed", "0017_hashtags_name_prefix"), ("jobs", "0001_initial")]
    operations = [
        RemoveIndexConcurrently("post", "posts_without_entities"),
        migrations.RunSQL("DELETE FROM jobs WHERE kind = 'post_entities_fill';", migrations.RunSQL.noop),
    ]
