"""An index of deleted accounts by when they are erased."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("accounts", "0011_grace_and_suspension")]
    operations = [
        AddIndexConcurrently(
            "accountdeletion", models.Index("erases_at", name="account_deletions_erases_at")
        )
    ]
