"""The index by which hashtags are found by the beginning of their names, whatever the database's locale."""

from django.db import migrations

CREATE = "CREATE INDEX CONCURRENTLY IF NOT EXISTS hashtags_name_prefix ON hashtags (name text_pattern_ops);"


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("search", "0002_post_words")]
    operations = [migrations.RunSQL(CREATE, "DROP INDEX IF EXISTS hashtags_name_prefix;")]
