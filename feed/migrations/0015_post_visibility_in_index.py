"""Home feeds read the visibility of posts from their index; the constraint reads the table, and stops no write."""

from django.contrib.postgres.operations import (
    AddIndexConcurrently,
    RemoveIndexConcurrently,
    ValidateConstraint,
)
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("feed", "0014_post_visibility")]

    operations = [
        ValidateConstraint("post", "posts_visibility_known"),
        AddIndexConcurrently(
            "post",
            models.Index(
                "author", "id", name="posts_of_author_visibility", include=["visibility"]
            ),
        ),
        # The new index serves the previous version as well.
        RemoveIndexConcurrently("post", "posts_of_author"),
    ]
