"""GraphQL types of comments."""

from __future__ import annotations

from typing import Annotated, Any

import strawberry
from strawberry import auto

from core.accounts.graphql.types import User
from core.context import Context
from core.execution import InstancesOf, loaded
from core.graphql.info import Info
from core.graphql.limits.directives import FREE
from core.graphql.model_types import model_type
from core.graphql.node import Node, id_field
from core.graphql.relay_connections import EDGES, Connection, Edge, connection_field
from feed.graphql.text_types import segments_field
from feed.graphql.types import Post, PostConnection, in_feed
from feed.reactions import COMMENT_LIKE, Reaction
from interactions import models
from interactions.comment_rows import CommentRow
from interactions.selectors import (
    CommentByIdLoader,
    CommentsByPostLoader,
    CommentSegmentsLoader,
    PostByIdLoader,
    QuotesByPostLoader,
    ReactedLoader,
    RepliesByCommentLoader,
)

HIDDEN = (
    "Tombstones are included. Comments hidden by a block are left out; in feeds and events also those by users whom "
    "the viewer has muted."
)


def reacted_field(reaction: Reaction, description: str) -> Any:
    """A field of the target: whether the viewer reacts to it."""

    def choose(info: Info) -> ReactedLoader:
        return info.context.loader(ReactedLoader, reaction)

    return strawberry.field(graphql_type=bool, description=description)(loaded("id")(choose))


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
    text_segments = segments_field(CommentSegmentsLoader)

    @strawberry.field(
        graphql_type=Post | None,
        description=(
            "The post that the comment belongs to; null if a block hides the post, or if it "
            "has been deleted."
        ),
    )
    @loaded("post_id")
    @staticmethod
    def post(info: strawberry.Info) -> PostByIdLoader:
        context: Context = info.context
        return context.loader(PostByIdLoader)

    @strawberry.field(
        graphql_type=Annotated["Comment", strawberry.lazy(__name__)] | None,
        description=(
            "The comment that this one replies to; null if there is none, or if it is not "
            "visible to the viewer."
        ),
    )
    @loaded("parent_id")
    @staticmethod
    def parent(info: strawberry.Info) -> CommentByIdLoader:
        context: Context = info.context
        return context.loader(CommentByIdLoader)

    replies = connection_field(
        RepliesByCommentLoader,
        Annotated["CommentConnection", strawberry.lazy(__name__)],
        f"Direct replies, newest first. {HIDDEN}",
        in_feed,
    )

    is_type_of = InstancesOf(CommentRow, exact=CommentRow._fields)


@strawberry.type(description="An edge of a list of comments.")
class CommentEdge(Edge[Comment]):
    pass


@strawberry.type(description="A page of comments, newest first.")
class CommentConnection(Connection[Comment]):
    edges: list[CommentEdge] = strawberry.field(description=EDGES)  # type: ignore[assignment]  # CommentEdge is an Edge[Comment]


@strawberry.type
class PostComments:
    """Fields of Post."""

    comments = connection_field(
        CommentsByPostLoader,
        CommentConnection,
        f"Comments on the post without replies, newest first. {HIDDEN}",
        in_feed,
    )
    quotes = connection_field(
        QuotesByPostLoader,
        PostConnection,
        "The posts that quote the post, newest first. Those hidden by a block are left out; in feeds and events also "
        "those by users whom the viewer has muted.",
        in_feed,
    )
