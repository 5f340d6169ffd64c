"""Which posts have no words of pairs yet: a server of a version before these has written them."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

import feed.search.models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("search", "0008_pairs")]

    operations = [
        AddIndexConcurrently(
            "postwords",
            models.Index(
                "post",
                name="post_words_without_pairs",
                condition=~models.Q(feed.search.models.HasPairs("words")),
            ),
        )
    ]
