"""GraphQL types of comments."""

from __future__ import annotations

from typing import Annotated

import strawberry
from strawberry import auto

from core.accounts.graphql.types import User
from core.context import Context
from core.execution import InstancesOf, loaded
from core.graphql.model_types import model_type
from core.graphql.node import Node, id_field
from core.graphql.relay_connections import After, Before, Connection, Edge, First, Last, page_loader
from feed.graphql.types import Post, in_feed
from interactions import models
from interactions.comment_rows import CommentRow
from interactions.selectors import (
    CommentByIdLoader,
    LikedByCommentLoader,
    PostByIdLoader,
    RepliesByCommentLoader,
)

HIDDEN = (
    "Tombstones are included. Comments hidden by a block are left out; in feeds and events also those by users whom "
    "the viewer has muted."
)


@model_type(models.Comment, name="Comment", description="A comment on a post, or a reply to one.")
class Comment(Node):
    text: auto
    created_at: auto
    like_count: auto
    reply_count: auto
    author: User | None = strawberry.field(
        description="The comment's author; null once the comment is deleted."
    )
    is_deleted: bool = strawberry.field(
        description=(
            "Whether the comment is deleted and remains only because it has replies (a tombstone)."
        )
    )

    id = id_field("Comment", "The comment's opaque global id.")

    @strawberry.field(graphql_type=bool, description="Whether the viewer likes the comment.")
    @loaded("id")
    @staticmethod
    def viewer_has_liked(info: strawberry.Info) -> LikedByCommentLoader:
        context: Context = info.context
        return context.loader(LikedByCommentLoader)

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

    @strawberry.field(
        graphql_type=Annotated["CommentConnection", strawberry.lazy(__name__)],
        description=f"Direct replies, newest first. {HIDDEN}",
    )
    @loaded("id")
    @staticmethod
    def replies(
        info: strawberry.Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> RepliesByCommentLoader:
        return page_loader(info, RepliesByCommentLoader, first, after, last, before, in_feed(info))

    is_type_of = InstancesOf(CommentRow, exact=CommentRow._fields)


@strawberry.type(description="An edge of a list of comments.")
class CommentEdge(Edge[Comment]):
    pass


@strawberry.type(description="A page of comments, newest first.")
class CommentConnection(Connection[Comment]):
    edges: list[CommentEdge] = strawberry.field(description="The page's edges, newest first.")  # type: ignore[assignment]  # CommentEdge is an Edge[Comment]
