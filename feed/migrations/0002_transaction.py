from django.db import migrations

from core.database.time_ordered_keys import AddTransactionField


class Migration(migrations.Migration):
    dependencies = [
        ("feed", "0001_initial"),
        ("database", "0002_keys_after_transactions"),
    ]
    operations = [
        AddTransactionField("post", "posts"),
    ]
