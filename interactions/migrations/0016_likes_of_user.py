"""The posts that a user likes, newest like first."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("interactions", "0015_lists_of_comments")]

    operations = [AddIndexConcurrently("postlike", models.Index("user", "id", name="post_likes_of_user"))]
