"""Pictures that users upload for posts and profiles."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now

from core.accounts.models import User
from core.database.time_ordered_keys import KeyField, Reference
from feed.models import Post

ALT_TEXT_LENGTH = 1_000
MEDIA_OF_POST = 4
MAX_BYTES = 8 * 1024 * 1024
STATES = ("UPLOADING", "PROCESSING", "READY", "FAILED")
UNUSED = models.Q(post=None, is_avatar=False, removed_at=None)


class Media(models.Model):
    """A picture, from the begin of its upload on. Its files are named after its key (`feed/media/files.py`)."""

    id = KeyField(primary_key=True)
    owner = Reference(User, null=True, related_name="media", rule="NO ACTION")
    post = Reference(Post, null=True, related_name="media", rule="SET NULL")
    position = models.IntegerField(null=True, help_text="Its place in the post, from 1 on.")
    is_avatar = models.BooleanField(
        db_default=False, help_text="Whether it is its owner's profile picture."
    )
    alt_text = models.TextField(
        max_length=ALT_TEXT_LENGTH,
        db_default="",
        help_text="What the picture shows, for who can't see it; empty if there is no such text.",
    )
    content_type = models.CharField(max_length=20, help_text="The uploaded file's media type.")
    byte_size = models.IntegerField(help_text="The uploaded file's length.")
    state = models.CharField(max_length=10, db_default="UPLOADING")
    failure = models.CharField(max_length=20, null=True)
    width = models.IntegerField(null=True)
    height = models.IntegerField(null=True)
    placeholder = models.CharField(
        max_length=60,
        null=True,
        help_text="A ThumbHash in Base64, to show until the picture is loaded; null until it is ready.",
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    finished_at = models.DateTimeField(
        null=True, editable=False, help_text="When the client had sent the file."
    )
    removed_at = models.DateTimeField(
        null=True,
        editable=False,
        help_text="Since when nobody can use it any more. Its files are then removed, and then the row.",
    )

    class Meta:
        db_table = "media"
        verbose_name_plural = "media"
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(state__in=STATES), name="media_state_known"),
            models.CheckConstraint(
                condition=models.Q(byte_size__gte=1, byte_size__lte=MAX_BYTES),
                name="media_byte_size",
            ),
            models.CheckConstraint(
                condition=models.Q(alt_text__length__lte=ALT_TEXT_LENGTH),
                name="media_alt_text_length",
            ),
            models.UniqueConstraint(
                "owner", name="media_avatar_unique", condition=models.Q(is_avatar=True)
            ),
        ]
        indexes: ClassVar = [
            models.Index("post", "position", name="media_of_post"),
            models.Index("owner", "id", name="media_of_owner"),
            # One row for each post with pictures.
            models.Index("owner", "post", name="media_of_profile", condition=models.Q(position=1)),
            models.Index("owner", "created_at", name="media_unused_of_owner", condition=UNUSED),
            models.Index("created_at", name="media_unused", condition=UNUSED),
            models.Index(
                "finished_at",
                name="media_processing",
                condition=models.Q(state="PROCESSING"),
            ),
            models.Index(
                "removed_at",
                name="media_removed",
                condition=models.Q(removed_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"media {self.pk}"
