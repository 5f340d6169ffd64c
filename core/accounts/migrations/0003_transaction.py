from django.db import migrations

from core.database.time_ordered_keys import AddTransactionField


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_constraints_in_words"),
        ("database", "0002_keys_after_transactions"),
    ]
    operations = [
        AddTransactionField("follow", "follows"),
    ]
