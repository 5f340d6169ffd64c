"""Rows of notifications."""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple


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


class SettingRow(NamedTuple):
    """From whom a user wants notifications of a kind, and whether as push messages too."""

    kind: int
    allow_from: int = NotificationAudience.EVERYONE
    push: bool = True
