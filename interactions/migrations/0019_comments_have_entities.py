"""Removes what found comments whose mentions, hashtags and links had not been looked for."""

from django.contrib.postgres.operations import RemoveIndexConcurrently
from django.db import migrations


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("interactions", "0018_shares_by_pair"), ("jobs", "0001_initial")]
    operations = [
        RemoveIndexConcurrently("comment", "comments_without_entities"),
        migrations.RunSQL("DELETE FROM jobs WHERE kind = 'comment_entities_fill';", migrations.RunSQL.noop),
    ]
