from django.db import migrations

from core.database.time_ordered_keys import AddTransactionField


class Migration(migrations.Migration):
    dependencies = [
        ("interactions", "0003_tombstones_are_replies"),
        ("database", "0002_keys_after_transactions"),
    ]
    operations = [
        AddTransactionField("comment", "comments"),
        AddTransactionField("postlike", "post_likes"),
        AddTransactionField("share", "shares"),
    ]
