"""The GraphQL types of users and of lists of them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import strawberry
from strawberry import auto

from core.accounts import models
from core.accounts.selectors import Relations, UserDetails
from core.accounts.user_rows import FollowState, UserRow
from core.execution import InstancesOf
from core.graphql.attributes import attribute_of
from core.graphql.enums import declare_enum
from core.graphql.model_types import description_of, model_type
from core.graphql.node import Node, id_field
from core.graphql.relay_connections import EDGES, Connection, Edge
from core.loaders import ViewerLoader

declare_enum(
    FollowState,
    "Whether the viewer follows a user.",
    {
        FollowState.NOT_FOLLOWING: "The viewer does not follow the user.",
        FollowState.REQUESTED: "The account is private, and the viewer waits to be accepted.",
        FollowState.FOLLOWING: "The viewer follows the user.",
    },
)


def detail(name: str, kind: Any, group: type[ViewerLoader[Any]] = UserDetails) -> Any:
    """A field of the model that is not in UserRow, because only profiles show it."""
    return attribute_of(group, name, kind, description_of(models.User, name))


@model_type(models.User, name="User", description="A user account.")
class User(Node):
    username: auto
    display_name: auto
    avatar_url: auto
    bio = detail("bio", str)
    created_at = detail("created_at", datetime)
    follower_count = detail("follower_count", int)
    following_count = detail("following_count", int)
    post_count = detail("post_count", int)
    is_private = detail("is_private", bool)
    viewer_is_following = attribute_of(
        Relations, "is_following", bool, "Whether the viewer follows the user."
    )
    viewer_follow_state = attribute_of(
        Relations,
        "follow_state",
        FollowState,
        "Whether the viewer follows the user, or has asked to.",
    )
    follows_viewer = attribute_of(
        Relations, "follows_viewer", bool, "Whether the user follows the viewer."
    )
    viewer_has_blocked = attribute_of(
        Relations, "has_blocked", bool, "Whether the viewer has blocked the user."
    )
    viewer_has_muted = attribute_of(
        Relations, "has_muted", bool, "Whether the viewer has muted the user."
    )

    id = id_field("User", "The user's opaque global id")
    is_type_of = InstancesOf(UserRow, exact=UserRow._fields)


@strawberry.type(description="An edge of a list of users.")
class UserEdge(Edge[User]):
    pass


@strawberry.type(description="A page of users, newest first if the field does not say otherwise.")
class UserConnection(Connection[User]):
    edges: list[UserEdge] = strawberry.field(description=EDGES)  # type: ignore[assignment]  # UserEdge is an Edge[User]
