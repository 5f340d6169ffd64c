"""Declares an index that a migration of `feed.search` creates."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("feed", "0016_pinned_posts")]
    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AddIndex(
                    "hashtag",
                    models.Index(
                        fields=["name"], name="hashtags_name_prefix", opclasses=["text_pattern_ops"]
                    ),
                )
            ]
        )
    ]
