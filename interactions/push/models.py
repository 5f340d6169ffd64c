"""Push targets: the devices and browsers to which a user's notifications are pushed."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now

from core.accounts.models import Session, User
from core.database.time_ordered_keys import KeyField, Reference

ADDRESS_LENGTH = 4_096
TARGETS_OF_USER = 20
KINDS = ("WEB_PUSH", "APNS", "FCM")


class PushTarget(models.Model):
    """A browser or device that one session has registered. It ends with the session, by a trigger."""

    id = KeyField(primary_key=True)
    user = Reference(User)
    session = Reference(Session)
    kind = models.CharField(max_length=8, help_text="The service: WEB_PUSH, APNS or FCM.")
    address = models.TextField(
        max_length=ADDRESS_LENGTH,
        help_text="The endpoint of Web Push, or the token of the device. Secret.",
    )
    address_hash = models.BinaryField(
        max_length=32, unique=True, help_text="SHA-256 of kind and address."
    )
    p256dh = models.BinaryField(
        max_length=65, null=True, help_text="Web Push: the browser's public key."
    )
    auth = models.BinaryField(
        max_length=16, null=True, help_text="Web Push: the browser's secret for encryption."
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    registered_at = models.DateTimeField(
        db_default=Now(), editable=False, help_text="When a client last registered it."
    )
    paused_until = models.DateTimeField(
        null=True, editable=False, help_text="Its service is not to be called before."
    )

    class Meta:
        db_table = "push_targets"
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(kind__in=KINDS), name="push_targets_kind"),
            models.CheckConstraint(
                condition=models.Q(address__length__lte=ADDRESS_LENGTH),
                name="push_targets_address_length",
            ),
        ]
        indexes: ClassVar = [
            models.Index("user", "registered_at", name="push_targets_of_user"),
            models.Index("session", name="push_targets_of_session"),
        ]

    def __str__(self) -> str:
        return f"push target {self.pk}"
