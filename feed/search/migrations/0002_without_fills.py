"""What a database has that was migrated before the squash: jobs that are no more, their indexes, the older `search_posts`."""

from importlib import import_module

from django.db import migrations

FIND = import_module("feed.search.migrations.0001_squashed_0013").FIND
JOBS = """
DELETE FROM jobs WHERE kind IN (
    'post_pairs_fill', 'post_apostrophes_fill', 'user_names_fill', 'post_entities_fill', 'comment_entities_fill'
)
"""


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("jobs", "0001_initial"), ("search", "0001_squashed_0013")]
    operations = [
        migrations.RunSQL(
            FIND.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION"), migrations.RunSQL.noop
        ),
        migrations.RunSQL(JOBS, migrations.RunSQL.noop),
        *[
            migrations.RunSQL(f"DROP INDEX CONCURRENTLY IF EXISTS {name}", migrations.RunSQL.noop)
            for name in ("post_words_without_pairs", "post_words_without_joints")
        ],
    ]
