"""An index for a job that is no more; a database that was migrated before the squash has it."""

from django.db import migrations


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("feed", "0001_squashed_0023")]
    operations = [
        migrations.RunSQL(
            "DROP INDEX CONCURRENTLY IF EXISTS posts_without_entities", migrations.RunSQL.noop
        )
    ]
