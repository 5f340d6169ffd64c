"""GraphQL types of posts and feeds."""

from __future__ import annotations

from typing import Annotated, Any

import strawberry
from strawberry import auto

from core.accounts.graphql.types import User
from core.events.log_positions import cursor_from_snapshot
from core.execution import InstancesOf
from core.graphql.attributes import attribute_of
from core.graphql.enums import declare_enum
from core.graphql.info import Info, cached_per_field
from core.graphql.limits.directives import FREE
from core.graphql.live.subscription_messages import EVENT_CURSOR_BOUND
from core.graphql.model_types import MAX_COUNT, description_of, model_type
from core.graphql.node import Node, id_field
from core.graphql.relay_connections import EDGES, Connection, Edge, connection_field
from core.paging import Page
from feed import models
from feed.graphql.text_types import segments_field
from feed.models import TEXT_LENGTH
from feed.post_rows import PostEditRow, PostRow, QuoteRow, QuoteState
from feed.post_visibility import PostVisibility
from feed.selectors import EditsByPostLoader, PostDetails

declare_enum(
    PostVisibility,
    "Who may read a post, besides its author. A block hides it in any case.",
    {
        PostVisibility.PUBLIC: "Everybody.",
        PostVisibility.FOLLOWERS: "The author's followers.",
        PostVisibility.MENTIONED: "The users whom the post mentions.",
    },
)


FEED_TYPES = {"PostConnection", "FeedEntryAdded"}
"""The types of root fields that give pages of posts, which are the feeds, and of events of a feed's entries."""
KEPT_EDITS = 100
"""As in `_kept_edits_limit.sql`."""
TEXT_RULES = (
    f"1 to {TEXT_LENGTH} code points after NFC, at least one of them visible. Line breaks become LF; blank lines at "
    "both ends are removed, other white space is kept. "
    "Control characters other than line breaks and tabs are refused, and so are U+202D and U+202E."
)


@cached_per_field
def in_feed(info: Info) -> bool:
    """Whether the field is below a feed or a subscription, and not below an object that the client requested by id."""
    root, below = _types_above(info)
    return root == "Subscription" or below in FEED_TYPES


@cached_per_field
def in_feed_entry(info: Info) -> bool:
    """Whether the field is below an entry of a feed, also in an event: not in one about a post that the client has
    opened.
    """
    return _types_above(info)[1] in FEED_TYPES


def _types_above(info: Info) -> tuple[str | None, str | None]:
    """The root type, and the type of the root field's value."""
    below = path = info.path
    while path.prev is not None:
        below, path = path, path.prev
    return path.typename, below.typename


def post_detail(name: str, kind: Any, description: str = "") -> Any:
    """A field of PostDetails: feeds can do without. Without a description it has that of the model."""
    description = description or description_of(models.Post, name)
    return attribute_of(PostDetails, name, kind, description, in_feed_entry)


@model_type(models.PostEdit, name="PostEdit", description="An earlier version of a post.")
class PostEdit:
    text: auto
    content_warning: auto
    created_at: auto

    is_type_of = InstancesOf(PostEditRow, exact=PostEditRow._fields)


@strawberry.type(description="An edge of a list of earlier versions.")
class PostEditEdge(Edge[PostEdit]):
    pass


@strawberry.type(description="A page of earlier versions, newest first.")
class PostEditConnection(Connection[PostEdit]):
    edges: list[PostEditEdge] = strawberry.field(description=EDGES)  # type: ignore[assignment]  # PostEditEdge is an Edge[PostEdit]


@model_type(models.Post, name="Post", description="A short text by a user.")
class Post(Node):
    text: auto
    created_at: auto
    edited_at: auto
    like_count: auto
    comment_count: auto
    share_count: auto
    visibility: PostVisibility = strawberry.field(
        description="Who may read the post now: at most FOLLOWERS while its author's account is private."
    )
    author: User = strawberry.field(description="The post's author.", directives=[FREE])
    viewer_has_liked: bool = strawberry.field(description="Whether the viewer likes the post.")
    viewer_has_shared: bool = strawberry.field(description="Whether the viewer shares the post.")
    text_segments = segments_field(PostDetails, in_feed_entry)
    language = post_detail("language", str | None)
    content_warning = post_detail("content_warning", str | None)
    quote_count = post_detail("quote_count", int)
    bookmark_count = post_detail(
        "bookmark_count",
        int | None,
        f"The number of users who have bookmarked the post, 0 to {MAX_COUNT:,}; null if the viewer is not its author.",
    )
    viewer_has_bookmarked = post_detail(
        "viewer_has_bookmarked", bool, "Whether the viewer has bookmarked the post."
    )
    edits = connection_field(
        EditsByPostLoader,
        PostEditConnection,
        "What the post said before edits of its text or content warning, newest first: at most the last "
        f"{KEPT_EDITS} versions. Those of a post for who is mentioned are its author's alone, and empty for others.",
    )

    quote = post_detail(
        "quote",
        Annotated["Quote", strawberry.lazy(__name__)] | None,
        "What the post quotes; null if nothing.",
    )

    id = id_field("Post", "The post's opaque global id")
    is_type_of = InstancesOf(PostRow, exact=PostRow._fields)


declare_enum(
    QuoteState,
    "Whether a quoted post can be shown.",
    {
        QuoteState.VISIBLE: "The post can be shown.",
        QuoteState.UNAVAILABLE: "The post has been deleted, or the viewer may not see it; in feeds also if the viewer "
        "has muted its author.",
    },
)


@strawberry.type(description="A quoted post.")
class Quote:
    state: QuoteState = strawberry.field(description="Whether the post can be shown.")
    post: Post | None = strawberry.field(
        description="The quoted post; null if it is not `VISIBLE`.", directives=[FREE]
    )

    is_type_of = InstancesOf(QuoteRow)


@strawberry.type(description="An edge of a feed.")
class PostEdge(Edge[Post]):
    shared_by: User | None = strawberry.field(
        description=(
            "The user whose share put the post into the feed; null if it is there as a post of its author."
        ),
        directives=[FREE],
    )


@strawberry.type(description="A page of posts, newest first if the field does not say otherwise.")
class PostConnection(Connection[Post]):
    edges: list[PostEdge] = strawberry.field(description=EDGES)  # type: ignore[assignment]  # PostEdge is an Edge[Post]

    @strawberry.field(
        description="The opaque cursor from which a subscription continues this page without a gap; "
        f"{EVENT_CURSOR_BOUND}."
    )
    @staticmethod
    def event_cursor(root: strawberry.Parent[Page], info: strawberry.Info) -> str:
        return cursor_from_snapshot(info.context.services, root.snapshot or "")
