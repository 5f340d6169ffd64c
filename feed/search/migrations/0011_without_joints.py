"""Which posts have no words of joints yet: a server of a version before these has written them."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

import feed.search.models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("search", "0010_phrases_by_pairs")]

    operations = [
        AddIndexConcurrently(
            "postwords",
            models.Index(
                "post",
                name="post_words_without_joints",
                condition=~models.Q(feed.search.models.HasJoints("words")),
            ),
        )
    ]
