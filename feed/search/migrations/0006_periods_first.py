"""The index of words has the periods first, since PostgreSQL asks for the columns in their order.

Where the words of a search are never together, it goes on in the first column alone. That was the words, of which each
step read all; now it is the periods of the step.
"""

import django.contrib.postgres.indexes
from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models

import feed.search.models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("search", "0005_shorter_steps")]

    operations = [
        AddIndexConcurrently(
            "postwords",
            django.contrib.postgres.indexes.GinIndex(
                feed.search.models.Periods("post"),
                models.F("words"),
                fastupdate=False,
                name="post_words_by_period",
            ),
        ),
        RemoveIndexConcurrently("postwords", "post_words_words"),
    ]
