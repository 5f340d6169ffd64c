"""The newest shares of all users, in order."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("interactions", "0019_entities_until_found")]
    operations = [AddIndexConcurrently("share", models.Index(models.F("id") + 0, name="shares_by_key"))]
