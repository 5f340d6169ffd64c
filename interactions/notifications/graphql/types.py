"""GraphQL types of notifications."""

from __future__ import annotations

from datetime import datetime

import strawberry

from core.accounts.graphql.account import CappedCount
from core.accounts.graphql.types import UserConnection
from core.accounts.validators import DISPLAY_NAME_LENGTH
from core.events.log_positions import cursor_from_snapshot
from core.execution import InstancesOf
from core.graphql.attributes import loaded_field
from core.graphql.enums import declare_enum
from core.graphql.limits.directives import FREE, ListSize
from core.graphql.live.subscription_messages import EVENT_CURSOR_BOUND
from core.graphql.model_types import MAX_COUNT
from core.graphql.node import Node, id_field
from core.graphql.relay_connections import EDGES, Connection, Edge, connection_field
from core.paging import ForwardPage
from feed.graphql.types import Post
from interactions.graphql.types import Comment
from interactions.notifications.groups import KEPT_ACTORS
from interactions.notifications.notification_rows import (
    NotificationAudience,
    NotificationKind,
    NotificationRow,
    SettingRow,
)
from interactions.notifications.selectors import (
    MAX_KINDS,
    ActorsByNotificationLoader,
    NotificationSettings,
    UnseenNotifications,
)
from interactions.selectors import CommentByIdLoader, PostByIdLoader

SUMMARY_LENGTH = DISPLAY_NAME_LENGTH + 60

declare_enum(
    NotificationKind,
    "What the actors of a notification have done.",
    {
        NotificationKind.LIKE: "Liked a post or comment of the viewer.",
        NotificationKind.COMMENT: "Commented on a post of the viewer, or replied there to another user.",
        NotificationKind.REPLY: "Replied to a comment of the viewer.",
        NotificationKind.SHARE: "Shared a post of the viewer.",
        NotificationKind.QUOTE: "Quoted a post of the viewer.",
        NotificationKind.MENTION: "Mentioned the viewer in a post or comment.",
        NotificationKind.FOLLOW: "Followed the viewer.",
        NotificationKind.FOLLOW_REQUEST: "Asked to follow the viewer.",
        NotificationKind.FOLLOW_ACCEPTED: "Accepted the viewer's request to follow.",
    },
)
declare_enum(
    NotificationAudience,
    "Whose actions of a kind a user is notified of.",
    {
        NotificationAudience.EVERYONE: "Those of all users.",
        NotificationAudience.FOLLOWING: "Those of users whom the viewer follows.",
        NotificationAudience.NOBODY: "None.",
    },
)


@strawberry.type(
    description="What users have done to a post or comment of the viewer, or to their account. Actions of the same "
    "kind on the same object are one notification until the viewer has seen it."
)
class Notification(Node):
    kind: NotificationKind = strawberry.field(description="What the actors have done.")
    summary: str = strawberry.field(
        description="The notification as an English sentence, for kinds that the client does not know; at most "
        f"{SUMMARY_LENGTH} code points."
    )
    latest_at: datetime = strawberry.field(
        description="When the last actor was added. Unique among the viewer's notifications."
    )
    is_seen: bool = strawberry.field(description="Whether the viewer has seen it.")
    actor_count: int = strawberry.field(
        description=f"How many users have done it, 0 to {MAX_COUNT:,}. Above {KEPT_ACTORS}, users whom the viewer has "
        "blocked or muted since may still be counted."
    )
    actors = connection_field(
        ActorsByNotificationLoader,
        UserConnection,
        f"The users who have done it, newest action first; at most the last {KEPT_ACTORS}. Users hidden by a block or "
        "a mute are left out.",
    )
    id = id_field("Notification", "The notification's opaque global id")
    is_type_of = InstancesOf(NotificationRow, exact=NotificationRow._fields)

    post = loaded_field(
        "post_id",
        PostByIdLoader,
        Post | None,
        "The post that it is about: for QUOTE the newest quoting post; if it is about a comment, the post of that "
        "comment. Null if it is about no post, or if the post is not visible any more.",
    )
    comment = loaded_field(
        "comment_id",
        CommentByIdLoader,
        Comment | None,
        "The comment that it is about: for COMMENT and REPLY the newest one by an actor. Null if it is about no "
        "comment, or if the comment is not visible any more.",
    )


@strawberry.type(description="An edge of the list of notifications.")
class NotificationEdge(Edge[Notification]):
    pass


@strawberry.type(
    description="A page of notifications, by `latestAt`, newest first. One that gets a new actor moves to the top and "
    "may be returned again."
)
class NotificationConnection(Connection[Notification]):
    edges: list[NotificationEdge] = strawberry.field(description=EDGES)  # type: ignore[assignment]  # an Edge[Notification]
    unseen: CappedCount = strawberry.field(
        description="How many notifications of all kinds the viewer has not seen.",
        directives=[FREE],
    )

    @strawberry.field(
        description="The opaque cursor from which `notificationEvents` continues this page without a gap; "
        f"{EVENT_CURSOR_BOUND}."
    )
    @staticmethod
    def event_cursor(root: strawberry.Parent[ForwardPage], info: strawberry.Info) -> str:
        return cursor_from_snapshot(info.context.services, root.snapshot or "")


@strawberry.type(description="Whose actions of a kind the viewer is notified of.")
class NotificationSetting:
    kind: NotificationKind = strawberry.field(description="The kind.")
    allow_from: NotificationAudience = strawberry.field(
        description="Whose actions the viewer is notified of; EVERYONE by default."
    )
    push: bool = strawberry.field(
        description="Whether they are also sent as push messages; true by default."
    )

    is_type_of = InstancesOf(SettingRow, exact=SettingRow._fields)


@strawberry.type
class AccountNotifications:
    """Fields of Account."""

    unseen_notifications = loaded_field(
        "id",
        UnseenNotifications,
        CappedCount,
        "How many notifications the viewer has not seen.",
    )
    notification_settings = loaded_field(
        "id",
        NotificationSettings,
        list[NotificationSetting],
        f"The settings of every kind of notification: {MAX_KINDS}.",
        directives=[ListSize(assumed_size=MAX_KINDS, require_one_slicing_argument=False)],
    )
