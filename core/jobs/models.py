"""Jobs that have not ended, and the position of each consumer of the event log."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now

from core.database.time_ordered_keys import KeyField

KIND_LENGTH = 60
KEY_LENGTH = 100
CAUSE_LENGTH = 100


class Job(models.Model):
    """A job that waits, runs or has failed for good. Its row is deleted when it has succeeded."""

    id = KeyField(primary_key=True)
    kind = models.CharField(max_length=KIND_LENGTH, help_text="The name of what is to be done.")
    arguments = models.JSONField(default=dict, help_text="What it is to be done with.")
    priority = models.IntegerField(
        db_default=1,
        help_text="0: high, 1: normal, 2: low. Due jobs of a higher priority run first.",
    )
    run_at = models.DateTimeField(
        db_default=Now(),
        help_text="When it may be claimed: when it is due, or when the lease of its run ends.",
    )
    attempts = models.IntegerField(
        db_default=0, help_text="Runs begun since it last succeeded or was retried by hand."
    )
    lost = models.IntegerField(
        db_default=0, help_text="Runs whose worker ended before them, among the attempts."
    )
    lease = models.BigIntegerField(
        null=True, help_text="Random; identifies the run that holds the job. Null while none does."
    )
    unique_key = models.CharField(
        max_length=KEY_LENGTH,
        null=True,
        unique=True,
        help_text="A job is not added while one with the same key exists.",
    )
    cause = models.CharField(
        max_length=CAUSE_LENGTH,
        null=True,
        help_text="The id of the request or event that caused it.",
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    failed_at = models.DateTimeField(
        null=True, help_text="When it failed for good. It runs again only if it is retried by hand."
    )
    error = models.TextField(db_default="", help_text="Why the last attempt failed.")

    class Meta:
        db_table = "jobs"
        indexes: ClassVar = [
            models.Index("priority", "run_at", name="jobs_due", condition=models.Q(failed_at=None)),
            models.Index(
                "failed_at", name="jobs_failed", condition=models.Q(failed_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class EventConsumer(models.Model):
    """A consumer of the event log: the event up to which it has handled all, and its lease."""

    name = models.CharField(max_length=KIND_LENGTH, primary_key=True)
    transaction = models.BigIntegerField(help_text="Transaction of the last event handled.")
    event = models.BigIntegerField(help_text="Number of the last event handled.")
    microsecond = models.IntegerField(help_text="Microsecond of the last event's creation.")
    attempts = models.IntegerField(
        db_default=0, help_text="Batches begun since one last succeeded."
    )
    lease = models.BigIntegerField(
        null=True, help_text="Random; identifies the batch that holds the consumer."
    )
    leased_until = models.DateTimeField(
        db_default=Now(),
        help_text="When another batch may begin: when the lease ends, or after the pause of a failure.",
    )
    error = models.TextField(db_default="", help_text="Why the last batch failed.")

    class Meta:
        db_table = "event_consumers"
        indexes: ClassVar = [
            models.Index("transaction", "event", name="event_consumers_position"),
        ]

    def __str__(self) -> str:
        return self.name
