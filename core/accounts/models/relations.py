"""What users are to each other: follows and requests to follow, blocks and mutes."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now

from core.accounts.models.accounts import User
from core.database.counted_rows import CountedRow
from core.database.time_ordered_keys import KeyField, Reference, TransactionField


def not_self(table: str, user: str, other: str) -> models.CheckConstraint:
    """The two users of a row differ."""
    return models.CheckConstraint(
        condition=~models.Q(**{user: models.F(other)}), name=f"{table}_not_self"
    )


class Follow(CountedRow):
    """A user follows another: the followee's posts and shares appear in the follower's home feed."""

    deleted_by = "core.accounts.moderation.follows_delete(follows) in a transaction, or the admin"

    id = KeyField(primary_key=True)
    follower = Reference(User, related_name="following", rule="NO ACTION")
    followee = Reference(User, related_name="followers", rule="NO ACTION")
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    transaction = TransactionField()

    class Meta:
        db_table = "follows"
        constraints: ClassVar = [
            models.UniqueConstraint("follower", "followee", name="follows_pair_unique"),
            not_self("follows", "follower", "followee"),
        ]
        indexes: ClassVar = [
            models.Index("followee", "id", name="follows_followers"),
            models.Index("follower", "id", name="follows_following"),
        ]

    def __str__(self) -> str:
        return f"{self.follower_id} follows {self.followee_id}"


class FollowRequest(models.Model):
    """A user asks to follow a private account, whose owner accepts or rejects."""

    id = KeyField(primary_key=True)
    requester = Reference(User)
    target = Reference(User)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    transaction = TransactionField()

    class Meta:
        db_table = "follow_requests"
        constraints: ClassVar = [
            models.UniqueConstraint("requester", "target", name="follow_requests_pair_unique"),
            not_self("follow_requests", "requester", "target"),
        ]
        indexes: ClassVar = [models.Index("target", "id", name="follow_requests_of_target")]

    def __str__(self) -> str:
        return f"{self.requester_id} asks to follow {self.target_id}"


class Block(models.Model):
    """A user blocks another: neither sees anything of the other."""

    pk = models.CompositePrimaryKey("blocker_id", "blocked_id")
    blocker = Reference(User)
    blocked = Reference(User)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        db_table = "blocks"
        constraints: ClassVar = [
            not_self("blocks", "blocker", "blocked"),
        ]
        indexes: ClassVar = [models.Index("blocked", "blocker", name="blocks_reverse")]


class Mute(models.Model):
    """A user mutes another: the muter's feeds and live events leave out the muted user, who is not notified."""

    pk = models.CompositePrimaryKey("muter_id", "muted_id")
    muter = Reference(User)
    muted = Reference(User)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        db_table = "mutes"
        constraints: ClassVar = [
            not_self("mutes", "muter", "muted"),
        ]
        indexes: ClassVar = [models.Index("muted", name="mutes_muted")]
