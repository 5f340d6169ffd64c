"""GraphQL types of posts and feeds."""

from __future__ import annotations

import strawberry
from strawberry import auto

from core.accounts.graphql.types import User
from core.events.log_positions import cursor_from_snapshot
from core.execution import InstancesOf
from core.graphql.info import Info, cached_per_field
from core.graphql.limits.directives import FREE
from core.graphql.live.subscription_messages import EVENT_CURSOR_BOUND
from core.graphql.model_types import model_type
from core.graphql.node import Node, id_field
from core.graphql.relay_connections import EDGES, Connection, Edge
from core.paging import Page
from feed import models
from feed.graphql.text_types import segments_field
from feed.models import TEXT_LENGTH
from feed.post_rows import PostRow
from feed.selectors import SegmentsLoader

TEXT_RULES = (
    f"1 to {TEXT_LENGTH} code points after NFC, at least one of them visible. Line breaks become LF; blank lines at "
    "both ends are removed, other white space is kept. "
    "Control characters other than line breaks and tabs are refused, and so are U+202D and U+202E."
)


@model_type(models.Post, name="Post", description="A short text by a user.")
class Post(Node):
    text: auto
    created_at: auto
    edited_at: auto
    like_count: auto
    comment_count: auto
    share_count: auto
    author: User = strawberry.field(description="The post's author.", directives=[FREE])
    viewer_has_liked: bool = strawberry.field(description="Whether the viewer likes the post.")
    viewer_has_shared: bool = strawberry.field(description="Whether the viewer shares the post.")
    text_segments = segments_field(SegmentsLoader)

    id = id_field("Post", "The post's opaque global id")
    is_type_of = InstancesOf(PostRow, exact=PostRow._fields)


@strawberry.type(description="An edge of a feed.")
class PostEdge(Edge[Post]):
    shared_by: User | None = strawberry.field(
        description=(
            "The user whose share put the post into the feed; null if it is there as a post of its author."
        ),
        directives=[FREE],
    )


@cached_per_field
def in_feed(info: Info) -> bool:
    """Whether the field is below a feed or a subscription, and not below an object that the client requested by id."""
    below = path = info.path
    while path.prev is not None:
        below, path = path, path.prev
    # Root fields that give pages of posts are the feeds.
    return path.typename == "Subscription" or below.typename == "PostConnection"


@strawberry.type(description="A page of a feed, newest first.")
class PostConnection(Connection[Post]):
    edges: list[PostEdge] = strawberry.field(description=EDGES)  # type: ignore[assignment]  # PostEdge is an Edge[Post]

    @strawberry.field(
        description="The opaque cursor from which a subscription continues this page without a gap; "
        f"{EVENT_CURSOR_BOUND}."
    )
    @staticmethod
    def event_cursor(root: strawberry.Parent[Page], info: strawberry.Info) -> str:
        return cursor_from_snapshot(info.context.services, root.snapshot or "")
