"""The comments on a post by likes, and those by an author by time."""

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("interactions", "0014_comment_edited_at")]

    operations = [
        AddIndexConcurrently(
            "comment",
            models.Index("post", "like_count", "id", name="comments_top", condition=models.Q(parent__isnull=True)),
        ),
        AddIndexConcurrently("comment", models.Index("author", "id", name="comments_by_author")),
        # The one above finds the same rows.
        RemoveIndexConcurrently("comment", "comments_of_author"),
    ]
