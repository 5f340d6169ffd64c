"""Notifications in groups, the users in each, how far a user has seen them, and whom a user wants them from."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models

from core.accounts.models import User
from core.database.time_ordered_keys import KeyField, Reference


class Notification(models.Model):
    """A group, shown as one entry: what users have done to one thing of a recipient since the recipient saw the earlier
    notification of the same kind about it.
    """

    id = KeyField(primary_key=True)
    recipient = Reference(User)
    kind = models.SmallIntegerField()
    thing_id = models.BigIntegerField(
        help_text="The post or comment that it is about; 0 for the recipient's account."
    )
    post_id = models.BigIntegerField(
        null=True, help_text="The post that it is about, or that has the comment."
    )
    comment_id = models.BigIntegerField(null=True, help_text="The comment that it is about.")
    position = models.BigIntegerField(
        help_text="When the last actor was added, in microseconds since 1970. A recipient has no two of the same."
    )
    actor_count = models.IntegerField(
        help_text="How many actors there are, also those whose rows are not kept."
    )
    dropped_count = models.IntegerField(
        db_default=0, help_text="How many of the actors have no row any more."
    )

    class Meta:
        db_table = "notifications"
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(actor_count__gte=0), name="notifications_count_not_negative"
            )
        ]
        indexes: ClassVar = [
            models.Index("recipient", "position", name="notifications_of_recipient"),
            models.Index("recipient", "thing_id", "kind", "id", name="notifications_of_thing"),
            models.Index(
                "post_id", name="notifications_of_post", condition=models.Q(post_id__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"notification {self.pk}"


class NotificationActor(models.Model):
    """A user in a notification, and by what. Of each notification the newest rows are kept."""

    pk = models.CompositePrimaryKey("notification_id", "actor_id", "subject_id")
    id = KeyField()
    notification = Reference(Notification)
    actor = Reference(User, rule="NO ACTION")
    recipient_id = models.BigIntegerField(
        help_text="As of the notification, and so are the next two."
    )
    thing_id = models.BigIntegerField()
    kind = models.SmallIntegerField()
    subject_id = models.BigIntegerField(
        help_text="The comment or post by which the actor is in it; 0 where there is none."
    )

    class Meta:
        db_table = "notification_actors"
        indexes: ClassVar = [
            models.Index("notification", "id", name="notification_actors_newest"),
            models.Index(
                *("actor", "recipient_id", "thing_id", "kind"), name="notification_actors_of_actor"
            ),
            models.Index(
                "subject_id",
                name="notification_actors_of_subject",
                condition=models.Q(subject_id__gt=0),
            ),
        ]


class NotificationDroppedActors(models.Model):
    """Users in a notification who have no row any more, in 64 parts at most."""

    pk = models.CompositePrimaryKey("notification_id", "part")
    notification = Reference(Notification)
    part = models.SmallIntegerField(help_text="The remainder of their keys by 64.")
    actors = ArrayField(
        models.BigIntegerField(), help_text="Their keys; 0 for one that is not known."
    )

    class Meta:
        db_table = "notification_dropped_actors"


class NotificationInbox(models.Model):
    """How far a user has seen their notifications. Who changes a user's notifications locks this row first."""

    user = models.OneToOneField(
        User, models.DO_NOTHING, primary_key=True, db_constraint=False, related_name="+"
    )
    seen_through = models.BigIntegerField(
        db_default=0, help_text="The position up to which the user has seen them."
    )
    last_position = models.BigIntegerField(
        db_default=0, help_text="The highest position that a notification has had."
    )
    added = models.IntegerField(
        db_default=0, help_text="How many were added since the oldest were removed."
    )

    class Meta:
        db_table = "notification_inboxes"
        indexes: ClassVar = [
            models.Index(
                "user", name="notification_inboxes_grown", condition=models.Q(added__gte=200)
            ),
        ]


class NotificationSetting(models.Model):
    """From whom a user wants notifications of a kind, and whether as push messages too. None: from all, with push."""

    pk = models.CompositePrimaryKey("user_id", "kind")
    user = Reference(User)
    kind = models.SmallIntegerField()
    allow_from = models.SmallIntegerField(db_default=0)
    push = models.BooleanField(db_default=True)

    class Meta:
        db_table = "notification_settings"
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(allow_from__gte=0, allow_from__lte=2),
                name="notification_settings_audience",
            ),
        ]
