"""Inputs and payloads of mutations of comments, likes and shares."""

from __future__ import annotations

import strawberry

from core.graphql.mutations import CreationInput, MutationInput, Payload
from core.graphql.node import ID_BOUND
from feed.graphql.types import TEXT_RULES, Post
from interactions.graphql.types import Comment

CHANGED = "Whether this call changed anything."


@strawberry.input
class PostInput(MutationInput):
    post_id: strawberry.ID = strawberry.field(description=f"The post's id, {ID_BOUND}.")


@strawberry.input
class CommentInput(MutationInput):
    comment_id: strawberry.ID = strawberry.field(description=f"The comment's id, {ID_BOUND}.")


@strawberry.type
class PostPayload(Payload):
    post: Post | None = strawberry.field(
        default=None,
        description="The post after the change; null if the mutation failed, or if a block hides the post.",
    )
    changed: bool = strawberry.field(default=False, description=CHANGED)


@strawberry.type
class CommentPayload(Payload):
    comment: Comment | None = strawberry.field(
        default=None,
        description="The comment after the change; null if the mutation failed, or if a block hides it.",
    )
    changed: bool = strawberry.field(default=False, description=CHANGED)


@strawberry.input(description="The comment to create.")
class CreateCommentInput(CreationInput, PostInput):
    text: str = strawberry.field(description=f"The text: {TEXT_RULES}")
    parent_id: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET,
        description="The id of the comment to reply to, which must be on the same post; null for a comment on the post "
        f"itself. {ID_BOUND.capitalize()}.",
    )


@strawberry.type(description="The created comment.")
class CreateCommentPayload(Payload):
    comment: Comment | None = strawberry.field(
        default=None, description="The created comment; null if the mutation failed."
    )
    replayed: bool = strawberry.field(
        default=False,
        description=(
            "Whether the payload repeats that of an earlier call with the same `clientMutationId`."
        ),
    )


@strawberry.input(
    description="The comment to edit, which must be the viewer's own, and its new text."
)
class EditCommentInput(CommentInput):
    text: str = strawberry.field(description=f"The text: {TEXT_RULES}")


@strawberry.type(description="The edited comment.")
class EditCommentPayload(Payload):
    comment: Comment | None = strawberry.field(
        default=None, description="The comment after the change; null if the mutation failed."
    )


@strawberry.input(description="The comment to delete; it must be the viewer's own.")
class DeleteCommentInput(CommentInput):
    pass


@strawberry.type(description="The deleted comment.")
class DeleteCommentPayload(Payload):
    deleted_comment_id: strawberry.ID | None = strawberry.field(
        default=None,
        description=f"The id of the deleted comment, {ID_BOUND}; null if the mutation failed.",
    )
    changed: bool = strawberry.field(
        default=False, description="Whether this call deleted it; false if it was deleted before."
    )
