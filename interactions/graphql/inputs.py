"""Inputs and payloads of mutations of comments, likes and shares."""

from __future__ import annotations

import strawberry

from core.graphql.mutations import (
    CreationInput,
    MutationInput,
    Payload,
    changed_field,
    optional_field,
    replayed_field,
    result_field,
)
from core.graphql.node import ID_BOUND
from feed.graphql.inputs import PostInput
from feed.graphql.types import TEXT_RULES, Post
from interactions.graphql.types import Comment


@strawberry.input
class CommentInput(MutationInput):
    comment_id: strawberry.ID = strawberry.field(description=f"The comment's id, {ID_BOUND}.")


@strawberry.type
class PostPayload(Payload):
    post: Post | None = result_field(
        "The post after the change", ", or if the viewer may not see it"
    )
    changed: bool = changed_field()


@strawberry.type
class CommentPayload(Payload):
    comment: Comment | None = result_field(
        "The comment after the change", ", or if the viewer may not see it"
    )
    changed: bool = changed_field()


@strawberry.input(description="The comment to create.")
class CreateCommentInput(CreationInput, PostInput):
    text: str = strawberry.field(description=f"The text: {TEXT_RULES}")
    parent_id: strawberry.ID | None = optional_field(
        "The id of the comment to reply to, which must be on the same post; null for a comment on the post "
        f"itself. {ID_BOUND.capitalize()}."
    )


@strawberry.type(description="The created comment.")
class CreateCommentPayload(Payload):
    comment: Comment | None = result_field(
        "The created comment", ", or repeats a call whose comment is gone or hidden"
    )
    replayed: bool = replayed_field()


@strawberry.input(
    description="The comment to edit, which must be the viewer's own, and its new text."
)
class EditCommentInput(CommentInput):
    text: str = strawberry.field(description=f"The text: {TEXT_RULES}")


@strawberry.type(description="The edited comment.")
class EditCommentPayload(Payload):
    comment: Comment | None = result_field("The comment after the change")


@strawberry.input(description="The comment to delete; it must be the viewer's own.")
class DeleteCommentInput(CommentInput):
    pass


@strawberry.type(description="The deleted comment.")
class DeleteCommentPayload(Payload):
    deleted_comment_id: strawberry.ID | None = result_field(
        f"The id of the deleted comment, {ID_BOUND}"
    )
    changed: bool = changed_field("Whether this call deleted it; false if it was deleted before.")
