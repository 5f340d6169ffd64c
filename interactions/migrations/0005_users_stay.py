"""A user whose comments, likes or shares are there is not deleted: those are removed first, with their counts and events."""

from django.db import migrations

from core.database.time_ordered_keys import ForeignKeysInDatabase

COUNTED = (
    ("comments", "author_id", "users"),
    ("post_likes", "user_id", "users"),
    ("comment_likes", "user_id", "users"),
    ("shares", "user_id", "users"),
)
HELD = ForeignKeysInDatabase(*COUNTED, on_delete="NO ACTION")
CASCADING = ForeignKeysInDatabase(*COUNTED)


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("interactions", "0004_transaction"),
        ("accounts", "0004_account_deletion"),
    ]

    operations = [migrations.RunSQL(HELD.replace, CASCADING.replace)]
