"""A viewer's shares of a page are looked up by user and post, whatever the averages are, as likes are."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("interactions", "0017_likes_by_pair")]
    operations = [
        migrations.RunSQL(
            # The planner takes it that each user has a hundred shares.
            "ALTER TABLE shares ALTER COLUMN user_id SET (n_distinct = -0.01)",
            "ALTER TABLE shares ALTER COLUMN user_id RESET (n_distinct)",
        )
    ]
