"""GraphQL types of comments."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import strawberry
from strawberry import auto

from core.accounts.graphql.types import User
from core.execution import InstancesOf, loaded
from core.graphql.attributes import attribute_of, loaded_field
from core.graphql.enums import declare_enum
from core.graphql.info import Info
from core.graphql.limits.directives import FREE, PAGE, ListSize
from core.graphql.model_types import description_of, model_type
from core.graphql.node import Node, id_field
from core.graphql.relay_connections import (
    CURSOR_BOUND,
    EDGES,
    After,
    Before,
    Connection,
    Edge,
    First,
    Last,
    connection_field,
    looks_ahead,
)
from core.loaders import PageLoader
from core.paging import MAX_PAGE_SIZE, PAGE_BY_DEFAULT
from feed.graphql.text_types import segments_field
from feed.graphql.types import Post, PostConnection, in_feed
from feed.reactions import COMMENT_LIKE, Reaction
from interactions import models
from interactions.comment_rows import CommentRow
from interactions.selectors import (
    AncestorsLoader,
    CommentByIdLoader,
    CommentDetails,
    CommentOrder,
    CommentsByPostLoader,
    CommentsByUserLoader,
    OldestCommentsByPostLoader,
    PostByIdLoader,
    QuotesByPostLoader,
    ReactedLoader,
    RepliesByCommentLoader,
    TopCommentsByPostLoader,
)

ANCESTORS = ListSize(
    assumed_size=PAGE_BY_DEFAULT,
    slicing_arguments=["last"],
    sized_fields=["edges"],
    require_one_slicing_argument=False,
)
HIDDEN = (
    "Tombstones are included. Comments hidden by a block are left out; in feeds and events also those by users whom "
    "the viewer has muted."
)


def reacted_field(reaction: Reaction, description: str) -> Any:
    """A field of the target: whether the viewer reacts to it."""
    return loaded_field("id", ReactedLoader, bool, description, reaction)


@model_type(models.Comment, name="Comment", description="A comment on a post, or a reply to one.")
class Comment(Node):
    text: auto
    created_at: auto
    like_count: auto
    reply_count: auto
    author: User | None = strawberry.field(
        description="The comment's author; null once the comment is deleted.", directives=[FREE]
    )
    is_deleted: bool = strawberry.field(
        description=(
            "Whether the comment is deleted and remains only because it has replies (a tombstone)."
        )
    )

    id = id_field("Comment", "The comment's opaque global id")

    viewer_has_liked = reacted_field(COMMENT_LIKE, "Whether the viewer likes the comment.")
    text_segments = segments_field(CommentDetails)
    edited_at = attribute_of(
        CommentDetails,
        "edited_at",
        datetime | None,
        description_of(models.Comment, "edited_at"),
    )

    post = loaded_field(
        "post_id",
        PostByIdLoader,
        Post | None,
        "The post that the comment belongs to; null if it is not visible to the viewer.",
    )
    parent = loaded_field(
        "parent_id",
        CommentByIdLoader,
        Annotated["Comment", strawberry.lazy(__name__)] | None,
        "The comment that this one replies to; null if there is none, or if it is not visible to the viewer.",
    )

    replies = connection_field(
        RepliesByCommentLoader,
        Annotated["CommentConnection", strawberry.lazy(__name__)],
        f"Direct replies, newest first. {HIDDEN}",
        in_feed,
    )

    @strawberry.field(
        graphql_type=Annotated["CommentConnection", strawberry.lazy(__name__)],
        description="The comments that this one replies to, from the one on the post itself to the nearest. One by "
        "a user whom a block hides stands as a tombstone; there are none if the post is not visible to the viewer.",
        directives=[ANCESTORS],
    )
    @loaded("id")
    @staticmethod
    def ancestors(
        info: Info,
        last: Annotated[
            int | None,
            strawberry.argument(
                description=f"The number of nearest comments, 0 to {MAX_PAGE_SIZE}. "
                f"If it is not sent, {PAGE_BY_DEFAULT}."
            ),
        ] = None,
        before: Annotated[
            str | None,
            strawberry.argument(
                description=f"Only comments above this cursor of `ancestors`, {CURSOR_BOUND}."
            ),
        ] = None,
    ) -> AncestorsLoader:
        return info.context.loader(AncestorsLoader, last, before)

    is_type_of = InstancesOf(CommentRow, exact=CommentRow._fields)


@strawberry.type(description="An edge of a list of comments.")
class CommentEdge(Edge[Comment]):
    pass


@strawberry.type(description="A page of comments, newest first unless the list says otherwise.")
class CommentConnection(Connection[Comment]):
    edges: list[CommentEdge] = strawberry.field(description=EDGES)  # type: ignore[assignment]  # CommentEdge is an Edge[Comment]


declare_enum(
    CommentOrder,
    "An order of comments.",
    {
        CommentOrder.NEWEST: "Newest first.",
        CommentOrder.OLDEST: "Oldest first.",
        CommentOrder.TOP: "Most likes first, then newest first. A comment that is liked meanwhile may be shown again.",
    },
)
LOADERS: dict[CommentOrder, type[PageLoader]] = {
    CommentOrder.NEWEST: CommentsByPostLoader,
    CommentOrder.OLDEST: OldestCommentsByPostLoader,
    CommentOrder.TOP: TopCommentsByPostLoader,
}


@strawberry.type
class PostComments:
    """Fields of Post."""

    @strawberry.field(
        graphql_type=CommentConnection,
        description="Top-level comments on the post, in the given order; replies are in each comment's `replies`. "
        f"{HIDDEN}",
        directives=[PAGE],
    )
    @loaded("id")
    @staticmethod
    def comments(
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        order: Annotated[
            CommentOrder | None,
            strawberry.argument(description="The order; cursors of one are of no use in another."),
        ] = CommentOrder.NEWEST,
    ) -> PageLoader:
        page = (first, after, last, before, looks_ahead(info))
        return info.context.loader(LOADERS[order or CommentOrder.NEWEST], *page, in_feed(info))

    quotes = connection_field(
        QuotesByPostLoader,
        PostConnection,
        "The posts that quote the post and that the viewer may see, newest first. In feeds and events those by users "
        "whom the viewer has muted are left out.",
        in_feed,
    )


@strawberry.type
class UserComments:
    """Fields of User."""

    comments = connection_field(
        CommentsByUserLoader,
        CommentConnection,
        "The user's comments and replies, newest first, on posts that the viewer may see.",
    )
