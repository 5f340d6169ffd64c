"""Removes what no server uses any more: columns of deletions, and the schedule of a job."""

from django.contrib.postgres.operations import RemoveIndexConcurrently
from django.db import migrations


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("accounts", "0018_former_names_look_like"), ("jobs", "0001_initial")]
    operations = [
        RemoveIndexConcurrently("accountdeletion", "account_deletions_next_at"),
        migrations.RemoveField("accountdeletion", "attempts"),
        migrations.RemoveField("accountdeletion", "next_at"),
        migrations.RunSQL("DELETE FROM jobs WHERE kind = 'account_erasures_add';", migrations.RunSQL.noop),
    ]
