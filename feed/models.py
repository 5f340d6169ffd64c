"""Posts."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import HashIndex
from django.db import models
from django.db.models.functions import Length, Now

from core.accounts.models import User
from core.database.counted_rows import CountedRow, count_field
from core.database.time_ordered_keys import KeyField, Reference, TransactionField
from feed.post_visibility import PostVisibility

TEXT_LENGTH = 500
WARNING_LENGTH = 100
LANGUAGE_LENGTH = 35
"""Enough for every registered tag (RFC 5646, section 4.4.1)."""

models.TextField.register_lookup(Length)


def entities_field() -> ArrayField[Any, Any]:
    """Where in the text beside it mentions, hashtags and links are."""
    return ArrayField(
        models.BigIntegerField(),
        null=True,
        editable=False,
        help_text="Three numbers for each mention, hashtag or link: where it starts, where it ends, and the user's "
        "key, minus the hashtag's key, or 0. Null if nobody has looked for them; clients are then shown a single "
        "segment, the whole text.",
    )


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
        help_text="When the text, the content warning or the pictures were last changed; null if never.",
    )
    # The author's choice: while the account is private, a public post is for followers (`_visibility_now.sql`).
    visibility = models.SmallIntegerField(
        db_default=PostVisibility.PUBLIC.value,
        choices=[(each.value, each.name.capitalize()) for each in PostVisibility],
        editable=False,
    )
    like_count = count_field("The number of users who like the post. The same for every viewer.")
    comment_count = count_field(
        "The number of comments on the post, including replies. The same for every viewer."
    )
    share_count = count_field("The number of users who share the post. The same for every viewer.")
    bookmark_count = count_field(
        "The number of users who have bookmarked the post. Only its author sees it."
    )
    entities = entities_field()
    language = models.TextField(
        null=True,
        blank=True,
        max_length=LANGUAGE_LENGTH,
        help_text="The language of the text, as the author's client says: a BCP 47 tag such as `de` or `zh-Hant`; null "
        "if it is not known.",
    )
    content_warning = models.TextField(
        null=True,
        blank=True,
        max_length=WARNING_LENGTH,
        help_text="What the author warns of, to be shown in place of the post until the reader opens it; null if "
        "nothing.",
    )
    quoted_post_id = models.BigIntegerField(
        null=True,
        blank=True,
        editable=False,
        help_text="The post that this one quotes. It stays when that is deleted.",
    )
    quote_count = count_field("The number of posts that quote the post. The same for every viewer.")
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
            models.CheckConstraint(
                condition=models.Q(bookmark_count__gte=0), name="posts_bookmark_count_not_negative"
            ),
            models.CheckConstraint(
                condition=models.Q(quote_count__gte=0), name="posts_quote_count_not_negative"
            ),
            models.CheckConstraint(
                condition=models.Q(visibility__gte=0, visibility__lte=2),
                name="posts_visibility_known",
            ),
        ]
        indexes: ClassVar = [
            # A page of a kept home feed looks its posts up one by one, as users_by_hash.
            HashIndex("id", name="posts_by_hash"),
            models.Index(
                # With the visibility, home feeds read the index alone.
                "author",
                "id",
                name="posts_of_author_visibility",
                include=["visibility"],
            ),
            models.Index(
                "quoted_post_id",
                "id",
                name="posts_quotes",
                condition=models.Q(quoted_post_id__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.text[:60]


class PinnedPost(models.Model):
    """The post that a user shows first in their profile: one of their own."""

    user = models.OneToOneField(
        User,
        primary_key=True,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        related_name="+",
    )
    post = Reference(Post)

    class Meta:
        db_table = "pinned_posts"
        indexes: ClassVar = [models.Index("post", name="pinned_posts_of_post")]


class PostEdit(models.Model):
    """What a post said before an edit."""

    id = KeyField(primary_key=True)
    post = Reference(Post)
    text = models.TextField(max_length=TEXT_LENGTH, help_text="The text that the post had.")
    content_warning = models.TextField(
        null=True,
        max_length=WARNING_LENGTH,
        help_text="The content warning that the post had; null if none.",
    )
    created_at = models.DateTimeField(
        help_text="When this version was written: when the post was created, or edited before."
    )
    transaction = TransactionField()

    class Meta:
        db_table = "post_edits"
        indexes: ClassVar = [models.Index("post", "id", name="post_edits_of_post")]


class Hashtag(CountedRow):
    """A hashtag that a post or comment has, or had."""

    deleted_by = "feed.services.post_edit for posts that have it; a hashtag stays"

    id = KeyField(primary_key=True)
    name = models.TextField(
        unique=True,
        help_text="The hashtag without its sign, in Unicode's form NFKC with folded case: 1 to 100 code points.",
    )
    post_count = count_field(
        "The number of posts with the hashtag that everybody may see, apart from blocks. The same for every viewer."
    )

    class Meta:
        db_table = "hashtags"
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(post_count__gte=0), name="hashtags_post_count_not_negative"
            )
        ]
        indexes: ClassVar = [
            # By code points, so that all names with a prefix are one range.
            models.Index(
                fields=["name"], name="hashtags_name_prefix", opclasses=["text_pattern_ops"]
            )
        ]

    def __str__(self) -> str:
        return self.name


class PostHashtag(CountedRow):
    """A post has a hashtag. Triggers count those of each hashtag that everybody may see."""

    deleted_by = "feed.services.post_edit"

    pk = models.CompositePrimaryKey("hashtag_id", "post_id")
    hashtag = Reference(Hashtag)
    post = Reference(Post)
    transaction = TransactionField()
    is_public = models.BooleanField(
        db_default=True,
        editable=False,
        help_text="Whether everybody may see the post. The hashtag counts those.",
    )

    class Meta:
        db_table = "post_hashtags"
        indexes: ClassVar = [models.Index("post", name="post_hashtags_of_post")]


class PostMention(models.Model):
    """A post mentions a user."""

    pk = models.CompositePrimaryKey("post_id", "user_id")
    post = Reference(Post)
    user = Reference(User, rule="NO ACTION")
    transaction = TransactionField()

    class Meta:
        db_table = "post_mentions"
        indexes: ClassVar = [models.Index("user", "post", name="post_mentions_of_user")]


class HomeFeed(models.Model):
    """A home feed that is kept: the reasons of its reader's newest entries (`HomeFeedReason`), from `floor` on.

    It saves reading all the users whom the reader follows, and is never the truth: a page judges each reason again, and
    a reader without a feed gets the same page by a query. A feed is retired when its reader follows or unfollows.
    """

    id = KeyField(primary_key=True)
    # No foreign keys: a feed and its reasons may outlive what they are about for a while.
    reader_id = models.BigIntegerField(help_text="The user whose home feed it is.")
    floor = models.BigIntegerField(
        help_text="No reason from this position on is missing; 0 if none at all is."
    )
    built_transaction = models.BigIntegerField(
        help_text="All transactions below this had ended when the feed was built."
    )
    is_adopted = models.BooleanField(
        db_default=False, help_text="Whether the worker adds new reasons to it."
    )
    built_at = models.DateTimeField(db_default=Now(), editable=False)
    trimmed_at = models.DateTimeField(
        db_default=Now(), help_text="When reasons past the limit were last removed."
    )
    retired_at = models.DateTimeField(
        null=True, help_text="Since when it is not used any more. Its rows are then removed."
    )

    class Meta:
        db_table = "home_feeds"
        constraints: ClassVar = [
            models.UniqueConstraint(
                "reader_id",
                name="home_feeds_reader_unique",
                condition=models.Q(retired_at=None),
            )
        ]
        indexes: ClassVar = [
            models.Index(
                "id",
                name="home_feeds_new",
                condition=models.Q(retired_at=None, is_adopted=False),
            ),
            models.Index(
                "trimmed_at", name="home_feeds_trimmed", condition=models.Q(retired_at=None)
            ),
            models.Index(
                "retired_at",
                name="home_feeds_retired",
                condition=models.Q(retired_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"home feed of {self.reader_id}"


class HomeFeedReason(models.Model):
    """Why a post is in a kept home feed: it was written, or shared, by its reader or a user whom the reader follows."""

    pk = models.CompositePrimaryKey("feed_id", "position")
    feed_id = models.BigIntegerField(help_text="The kept feed.")
    position = models.BigIntegerField(help_text="The key of the post, or of the share.")
    post_id = models.BigIntegerField(help_text="The post.")
    sharer_id = models.BigIntegerField(
        null=True, help_text="The user who shared the post; null where it was written."
    )
    transaction = models.BigIntegerField(
        null=True, help_text="The transaction that wrote or shared the post, as its row has it."
    )

    class Meta:
        db_table = "home_feed_reasons"
        indexes: ClassVar = [
            models.Index(
                "feed_id",
                "post_id",
                "position",
                name="home_feed_shares_of_post",
                condition=models.Q(sharer_id__isnull=False),
            )
        ]


class HomeFeedProgress(models.Model):
    """The event up to which the worker has added reasons to the kept home feeds. One row at most."""

    id = models.IntegerField(primary_key=True, help_text="1.")
    transaction = models.BigIntegerField(help_text="Transaction of the event.")
    event = models.BigIntegerField(help_text="Number of the event.")
    follow = models.BigIntegerField(
        db_default=0,
        help_text="The follow up to which followers have the reason of the next event, if its actor has very many.",
    )

    class Meta:
        db_table = "home_feed_progress"
