"""Rows of notifications."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from enum import IntEnum
from typing import NamedTuple

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


def position_at(moment: datetime) -> int:
    """The position of a notification whose last actor was added at that moment."""
    return (moment - EPOCH) // MICROSECOND


def moment_at(position: int) -> datetime:
    """The inverse of `position_at`."""
    return EPOCH + position * MICROSECOND


class NotificationKind(IntEnum):
    """What the actors of a notification have done."""

    LIKE = 1
    COMMENT = 2
    REPLY = 3
    SHARE = 4
    QUOTE = 5
    MENTION = 6
    FOLLOW = 7
    FOLLOW_REQUEST = 8
    FOLLOW_ACCEPTED = 9


class NotificationAudience(IntEnum):
    """From whom a user wants notifications of a kind."""

    EVERYONE = 0
    FOLLOWING = 1
    NOBODY = 2


class NotificationRow(NamedTuple):
    """A notification as its recipient is shown it: the columns of the fragment `{notification}`."""

    id: int
    position: int
    kind: int
    """A NotificationKind."""
    is_seen: bool
    actor_count: int
    post_id: int | None
    comment_id: int | None
    newest_actor: str
    """The display name of the newest actor."""

    @property
    def latest_at(self) -> datetime:
        """When the last actor was added."""
        return moment_at(self.position)

    @property
    def summary(self) -> str:
        """The notification in a sentence."""
        others = self.actor_count - 1
        more = {0: "", 1: " and 1 other"}.get(others, f" and {others:,} others")
        thing = "post" if self.comment_id is None else "comment"
        return f"{self.newest_actor}{more} {DONE[NotificationKind(self.kind)].format(thing)}"


DONE = {
    NotificationKind.LIKE: "liked your {}.",
    NotificationKind.COMMENT: "commented on your post.",
    NotificationKind.REPLY: "replied to your comment.",
    NotificationKind.SHARE: "shared your post.",
    NotificationKind.QUOTE: "quoted your post.",
    NotificationKind.MENTION: "mentioned you in a {}.",
    NotificationKind.FOLLOW: "followed you.",
    NotificationKind.FOLLOW_REQUEST: "asked to follow you.",
    NotificationKind.FOLLOW_ACCEPTED: "accepted your request to follow.",
}


class SettingRow(NamedTuple):
    """From whom a user wants notifications of a kind, and whether as push messages too."""

    kind: int
    allow_from: int = NotificationAudience.EVERYONE
    push: bool = True
