"""Reads the table, and stops no write."""

from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("feed", "0008_bookmark_count")]

    operations = [ValidateConstraint("post", "posts_bookmark_count_not_negative")]
