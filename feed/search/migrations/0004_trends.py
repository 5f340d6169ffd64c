"""Snapshots of what trends."""

from django.db import migrations, models
from django.db.models.functions import Now


class Migration(migrations.Migration):
    dependencies = [("search", "0003_hashtag_prefixes")]
    operations = [
        migrations.CreateModel(
            name="TrendSnapshot",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=Now(), editable=False, help_text="Since when it is current."
                    ),
                ),
            ],
            options={"db_table": "trend_snapshots"},
        ),
        migrations.CreateModel(
            name="TrendingHashtag",
            fields=[
                (
                    "position",
                    models.BigIntegerField(
                        help_text="The snapshot's key times 1,000, and the rank: 1 to 999.",
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("hashtag_id", models.BigIntegerField(help_text="The hashtag.")),
            ],
            options={"db_table": "trending_hashtags"},
        ),
        migrations.CreateModel(
            name="TrendingPost",
            fields=[
                (
                    "position",
                    models.BigIntegerField(
                        help_text="The snapshot's key times 1,000, and the rank: 1 to 999.",
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("post_id", models.BigIntegerField(help_text="The post.")),
            ],
            options={"db_table": "trending_posts"},
        ),
    ]
