"""Posts."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models.functions import Length, Now

from core.accounts.models import User
from core.database.counted_rows import CountedRow, count_field
from core.database.time_ordered_keys import KeyField, Reference, TransactionField

TEXT_LENGTH = 500

models.TextField.register_lookup(Length)


class Post(CountedRow):
    """A short text by a user."""

    deleted_by = "feed.moderation.posts_delete(posts) in a transaction, or the admin"

    id = KeyField(primary_key=True)
    author = Reference(User, related_name="posts", rule="NO ACTION")
    text = models.TextField(
        max_length=TEXT_LENGTH,
        help_text="The text: 1 to 500 code points in Unicode's form NFC.",
    )
    created_at = models.DateTimeField(
        db_default=Now(), editable=False, help_text="When the post was created."
    )
    edited_at = models.DateTimeField(
        null=True,
        blank=True,
        editable=False,
        help_text="When the text was last changed; null if never.",
    )
    like_count = count_field("The number of users who like the post. The same for every viewer.")
    comment_count = count_field(
        "The number of comments on the post, including replies. The same for every viewer."
    )
    share_count = count_field("The number of users who share the post. The same for every viewer.")
    transaction = TransactionField()

    class Meta:
        db_table = "posts"
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(text__length__gte=1, text__length__lte=TEXT_LENGTH),
                name="posts_text_length",
            ),
            models.CheckConstraint(
                condition=models.Q(like_count__gte=0, comment_count__gte=0, share_count__gte=0),
                name="posts_counts_not_negative",
            ),
        ]
        indexes: ClassVar = [models.Index("author", "id", name="posts_of_author")]

    def __str__(self) -> str:
        return self.text[:60]
