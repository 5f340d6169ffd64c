"""What searches read, the names of users and the words of posts, and what trends."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models.functions import Now

from core.accounts.models import User
from core.database.time_ordered_keys import Reference
from feed.models import Post

NAME_LENGTH = 100


class UserName(models.Model):
    """A text by which a user is found: the username or the display name, or the rest of it from one of its words on.

    Folded by the function `name_fold`. A trigger of `users` writes it at every change of a name.
    """

    pk = models.CompositePrimaryKey("user_id", "name")
    user = Reference(User)
    # By code points, so that all names with a prefix are one range of the index.
    name = models.CharField(max_length=NAME_LENGTH, db_collation="C")

    class Meta:
        db_table = "user_names"
        indexes: ClassVar = [models.Index("name", "user", name="user_names_name")]

    def __str__(self) -> str:
        return self.name


class Periods(models.Func):
    """The periods of a post's key, each sixteen times as long as the one before."""

    function = "search_periods"
    arity = 1


class PostWords(models.Model):
    """The words of a post with their places, its pairs and joints of words, author and hashtags, by which it is found.

    Not a column of `posts`: a like would write them anew.
    """

    post = models.OneToOneField(
        Post, models.DO_NOTHING, primary_key=True, db_constraint=False, related_name="+"
    )
    words = SearchVectorField()

    class Meta:
        db_table = "post_words"
        indexes: ClassVar = [
            # Where the words are never together, a scan goes on in the first column alone.
            GinIndex(
                Periods("post"), models.F("words"), name="post_words_by_period", fastupdate=False
            ),
        ]


class TrendSnapshot(models.Model):
    """A ranking of what trends, by its key. The one with the highest key is current."""

    id = models.BigAutoField(primary_key=True)
    created_at = models.DateTimeField(
        db_default=Now(), editable=False, help_text="Since when it is current."
    )

    class Meta:
        db_table = "trend_snapshots"

    def __str__(self) -> str:
        return f"trends of {self.created_at}"


class TrendingPost(models.Model):
    """A post in a snapshot of trends."""

    # No foreign keys: a page reads the post itself, and shows none that is gone.
    position = models.BigIntegerField(
        primary_key=True, help_text="The snapshot's key times 1,000, and the rank: 1 to 999."
    )
    post_id = models.BigIntegerField(help_text="The post.")

    class Meta:
        db_table = "trending_posts"


class TrendingHashtag(models.Model):
    """A hashtag in a snapshot of trends."""

    position = models.BigIntegerField(
        primary_key=True, help_text="The snapshot's key times 1,000, and the rank: 1 to 999."
    )
    hashtag_id = models.BigIntegerField(help_text="The hashtag.")

    class Meta:
        db_table = "trending_hashtags"
