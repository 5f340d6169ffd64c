"""A user whose posts are there is not deleted: posts are removed first, with their counts and events."""

from django.db import migrations

from core.database.time_ordered_keys import ForeignKeysInDatabase

COUNTED = (("posts", "author_id", "users"),)
HELD = ForeignKeysInDatabase(*COUNTED, on_delete="NO ACTION")
CASCADING = ForeignKeysInDatabase(*COUNTED)


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("feed", "0002_transaction"), ("accounts", "0004_account_deletion")]

    operations = [migrations.RunSQL(HELD.replace, CASCADING.replace)]
