"""Comments, likes, shares, reports, and archives of users' data."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now

from core.accounts.models import User
from core.database.counted_rows import CountedRow, count_field
from core.database.time_ordered_keys import KeyField, Reference, TransactionField
from feed.models import TEXT_LENGTH, Post, entities_field

REPORT_COMMENT_LENGTH = 500


class Comment(CountedRow):
    """A comment on a post, or a reply to one.

    A comment that is deleted while it has replies becomes a tombstone, without text, author and likes, until its last
    live reply is deleted. A tombstone counts as a reply to its parent, not as a comment on the post.
    """

    deleted_by = "interactions.moderation.comments_delete(comments) in a transaction, or the admin"

    id = KeyField(primary_key=True)
    post = Reference(Post, related_name="comments")
    parent = Reference("self", null=True, blank=True, related_name="replies")
    author = Reference(User, null=True, related_name="comments", rule="NO ACTION")
    text = models.TextField(
        max_length=TEXT_LENGTH,
        help_text="The text: 1 to 500 code points in Unicode's form NFC; empty after deletion.",
    )
    created_at = models.DateTimeField(
        db_default=Now(), editable=False, help_text="When the comment was created."
    )
    edited_at = models.DateTimeField(
        null=True,
        blank=True,
        editable=False,
        help_text="When the text was last changed; null if never.",
    )
    deleted_at = models.DateTimeField(
        null=True,
        blank=True,
        editable=False,
        help_text="When the comment was deleted, if it remains as a tombstone for its replies.",
    )
    like_count = count_field("The number of users who like the comment. The same for every viewer.")
    reply_count = count_field(
        "The number of direct replies, including tombstones that hold a live reply. "
        "The same for every viewer."
    )
    entities = entities_field()
    transaction = TransactionField()

    class Meta:
        db_table = "comments"
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(
                    deleted_at__isnull=True,
                    author__isnull=False,
                    text__length__gte=1,
                    text__length__lte=TEXT_LENGTH,
                )
                | models.Q(deleted_at__isnull=False, author__isnull=True, text=""),
                name="comments_live_or_tombstone",
            ),
            models.CheckConstraint(
                condition=models.Q(like_count__gte=0, reply_count__gte=0),
                name="comments_counts_not_negative",
            ),
        ]
        indexes: ClassVar = [
            # For the comments without replies, which every feed shows, the next one is a fifth cheaper to read.
            models.Index("post", "parent", "id", name="comments_of_post"),
            models.Index(
                "post", "id", name="comments_top_level", condition=models.Q(parent__isnull=True)
            ),
            # Partial: comments without a parent would be one long list in the index.
            models.Index(
                "parent",
                "id",
                name="comments_replies",
                condition=models.Q(parent__isnull=False),
            ),
            models.Index("author", "id", name="comments_by_author"),
            models.Index(
                "post",
                "like_count",
                "id",
                name="comments_top",
                condition=models.Q(parent__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return self.text[:60]


class PostLike(CountedRow):
    """A user likes a post."""

    deleted_by = "interactions.services.reaction_delete"

    pk = models.CompositePrimaryKey("user_id", "post_id")
    id = KeyField()
    user = Reference(User, rule="NO ACTION")
    post = Reference(Post, related_name="likes")
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    transaction = TransactionField()

    class Meta:
        db_table = "post_likes"
        indexes: ClassVar = [
            models.Index("post", "id", name="post_likes_likers"),
            models.Index("user", "id", name="post_likes_of_user"),
        ]


class Bookmark(CountedRow):
    """A user keeps a post for later; the key is its position in their list. Only the user sees it."""

    deleted_by = "interactions.services.reaction_delete"

    pk = models.CompositePrimaryKey("user_id", "post_id")
    id = KeyField()
    user = Reference(User, related_name="bookmarks", rule="NO ACTION")
    post = Reference(Post, related_name="bookmarks")
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    transaction = TransactionField()

    class Meta:
        db_table = "bookmarks"
        indexes: ClassVar = [
            models.Index("user", "id", name="bookmarks_of_user"),
            models.Index("post", name="bookmarks_of_post"),
        ]


class CommentLike(CountedRow):
    """A user likes a comment."""

    deleted_by = "interactions.services.reaction_delete"

    pk = models.CompositePrimaryKey("user_id", "comment_id")
    user = Reference(User, rule="NO ACTION")
    comment = Reference(Comment, related_name="likes")
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        db_table = "comment_likes"
        indexes: ClassVar = [models.Index("comment", name="comment_likes_comment")]


class Share(CountedRow):
    """A user shares a post with their followers; the key is its position in feeds."""

    deleted_by = "interactions.services.reaction_delete"

    pk = models.CompositePrimaryKey("user_id", "post_id")
    id = KeyField()
    user = Reference(User, related_name="shares", rule="NO ACTION")
    post = Reference(Post, related_name="shares")
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    transaction = TransactionField()

    class Meta:
        db_table = "shares"
        indexes: ClassVar = [
            models.Index("user", "id", name="shares_of_user"),
            models.Index("post", "id", name="shares_sharers"),
            # The home feed of who follows very many is looked for among the newest shares of all. Of an
            # expression, since PostgreSQL would look for a user's shares there, too, where users have few.
            models.Index(models.F("id") + 0, name="shares_by_key"),
        ]


class ReportReason(models.TextChoices):
    """Why a user reports something."""

    SPAM = "SPAM"
    ABUSE = "ABUSE"
    VIOLENCE = "VIOLENCE"
    SEXUAL = "SEXUAL"
    SELF_HARM = "SELF_HARM"
    ILLEGAL = "ILLEGAL"
    OTHER = "OTHER"


class Report(models.Model):
    """A user reports a post, a comment or a user to the moderators, once."""

    id = KeyField(primary_key=True)
    reporter = Reference(User)
    subject_kind = models.CharField(
        max_length=10, help_text="What is reported: a post, a comment or a user."
    )
    subject_id = models.BigIntegerField(help_text="The key of what is reported.")
    author = Reference(User)
    reason = models.CharField(max_length=20, choices=ReportReason.choices)
    comment = models.TextField(
        max_length=REPORT_COMMENT_LENGTH, db_default="", help_text="What the reporter adds."
    )
    copy = models.JSONField(help_text="What is reported, as it was.")
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    closed_at = models.DateTimeField(
        null=True, editable=False, help_text="When a moderator has decided."
    )
    outcome = models.CharField(
        max_length=20, db_default="", help_text="What the moderator has decided."
    )

    class Meta:
        db_table = "reports"
        constraints: ClassVar = [
            models.UniqueConstraint(
                "reporter", "subject_kind", "subject_id", name="reports_subject_unique"
            )
        ]
        indexes: ClassVar = [
            models.Index("subject_kind", "subject_id", "id", name="reports_of_subject"),
            models.Index("author", name="reports_of_author"),
            models.Index("id", name="reports_open", condition=models.Q(closed_at=None)),
        ]

    def __str__(self) -> str:
        return f"report of {self.subject_kind} {self.subject_id}"


class ExportState(models.TextChoices):
    """The state of an archive."""

    PENDING = "PENDING"
    READY = "READY"
    FAILED = "FAILED"


class DataExport(models.Model):
    """The newest archive of a user's data."""

    id = KeyField(primary_key=True)
    user = Reference(User)
    state = models.CharField(
        max_length=10, choices=ExportState.choices, db_default=ExportState.PENDING.value
    )
    section = models.IntegerField(db_default=0, help_text="The kind of rows that is next.")
    position = models.BigIntegerField(
        db_default=-1, help_text="The position of the last row of that kind."
    )
    parts = models.IntegerField(db_default=0, help_text="How many parts there are.")
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    expires_at = models.DateTimeField(null=True, help_text="When it is deleted, once it has ended.")

    class Meta:
        db_table = "data_exports"
        constraints: ClassVar = [
            models.UniqueConstraint("user", name="data_exports_user_unique"),
        ]
        indexes: ClassVar = [
            models.Index("expires_at", name="data_exports_expires_at"),
            models.Index(
                "created_at", name="data_exports_pending", condition=models.Q(state="PENDING")
            ),
        ]

    def __str__(self) -> str:
        return f"export {self.pk}"


class DataExportPart(models.Model):
    """Some lines of an archive, compressed. Parts one after the other are one gzip file."""

    pk = models.CompositePrimaryKey("export_id", "number")
    export = Reference(DataExport)
    number = models.IntegerField()
    content = models.BinaryField()

    class Meta:
        db_table = "data_export_parts"


class TraceImport(models.Model):
    """The progress of a trace import, from which an interrupted import resumes."""

    digest = models.BinaryField(
        max_length=32, unique=True, help_text="SHA-256 of the trace's lines, which identifies it."
    )
    lines = models.BigIntegerField(db_default=0, help_text="The number of lines loaded or skipped.")
    people = models.BigIntegerField(db_default=0)
    posts = models.BigIntegerField(db_default=0)
    shares = models.BigIntegerField(db_default=0)
    comments = models.BigIntegerField(db_default=0)
    follows = models.BigIntegerField(db_default=0)
    left_out = models.BigIntegerField(
        db_default=0, help_text="The number of rows that existed already or refer to missing rows."
    )
    bad_lines = models.BigIntegerField(db_default=0)
    started_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "trace_imports"
