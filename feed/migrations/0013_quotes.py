"""The posts that quote a post, and the check of their number, which reads the table without stopping writes."""

from django.contrib.postgres.operations import AddIndexConcurrently, ValidateConstraint
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("feed", "0012_post_details")]

    operations = [
        ValidateConstraint(model_name="post", name="posts_quote_count_not_negative"),
        AddIndexConcurrently(
            "post",
            models.Index(
                "quoted_post_id", "id", name="posts_quotes", condition=models.Q(quoted_post_id__isnull=False)
            ),
        ),
    ]
