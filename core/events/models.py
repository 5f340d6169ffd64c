"""The event log: one row for each change, written in the transaction of the change."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.functions import TransactionNow
from django.db import models

from core.database.time_ordered_keys import CurrentTransaction
from core.events.event_types import (
    BLOCK_KINDS,
    FEED_KINDS,
    NOTIFICATION_KINDS,
    REASON_KINDS,
    RELATION_KINDS,
    SESSION_REVOKED,
    USER_UNFOLLOWED,
    VISIBILITY_KINDS,
)


class Event(models.Model):
    """An event. Events are ordered by (transaction, id), and complete below the oldest running transaction."""

    id = models.BigAutoField(primary_key=True)
    transaction = models.BigIntegerField(db_default=CurrentTransaction(), editable=False)
    kind = models.CharField(
        max_length=24, help_text="The type of the event, in the past tense: post_liked."
    )
    actor_id = models.BigIntegerField(help_text="The user who acted.")
    post_id = models.BigIntegerField(null=True, help_text="The post concerned.")
    subject_id = models.BigIntegerField(
        null=True, help_text="The comment, user or session concerned, depending on the kind."
    )
    parent_id = models.BigIntegerField(
        null=True, help_text="Of a deleted comment: the nearest one above it that remains."
    )
    client_mutation_id = models.CharField(
        max_length=100,
        null=True,
        help_text="The clientMutationId of the request, by which a client recognizes its own change.",
    )
    created_at = models.DateTimeField(
        db_default=TransactionNow(),
        editable=False,
        help_text="When the transaction began.",
    )

    class Meta:
        db_table = "events"
        indexes: ClassVar = [
            models.Index("transaction", "id", name="events_position"),
            models.Index("post_id", "transaction", "id", name="events_of_post"),
            models.Index(
                "actor_id",
                "transaction",
                "id",
                name="events_of_actor",
                condition=models.Q(kind__in=FEED_KINDS),
            ),
            models.Index(
                "transaction",
                "id",
                name="events_of_reasons",
                condition=models.Q(kind__in=REASON_KINDS),
            ),
            models.Index(
                "transaction",
                "id",
                name="events_revocations",
                condition=models.Q(kind=SESSION_REVOKED),
            ),
            models.Index(
                "kind",
                "transaction",
                "id",
                name="events_of_visibility",
                condition=models.Q(kind__in=VISIBILITY_KINDS),
            ),
            models.Index(
                "actor_id",
                "transaction",
                "id",
                name="events_of_whole_feeds",
                condition=models.Q(kind__in=RELATION_KINDS),
            ),
            models.Index(
                "subject_id",
                "transaction",
                "id",
                name="events_of_blocked",
                condition=models.Q(kind__in=BLOCK_KINDS),
            ),
            models.Index(
                "actor_id",
                "transaction",
                "id",
                name="events_of_notifications",
                condition=models.Q(kind__in=NOTIFICATION_KINDS),
            ),
            # Finds the former followers of a deleted account.
            models.Index(
                "actor_id",
                "subject_id",
                name="events_unfollowed",
                condition=models.Q(kind=USER_UNFOLLOWED),
            ),
            models.Index(
                "created_at",
                name="events_recent_revocations",
                condition=models.Q(kind=SESSION_REVOKED),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"
