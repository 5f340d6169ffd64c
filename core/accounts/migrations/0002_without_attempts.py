"""Columns that nothing uses; a database that was migrated before the squash has them, with an index."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_squashed_0021")]
    operations = [
        migrations.RunSQL(
            "ALTER TABLE account_deletions DROP COLUMN IF EXISTS attempts, DROP COLUMN IF EXISTS next_at",
            migrations.RunSQL.noop,
        )
    ]
