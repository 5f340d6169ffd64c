"""Mutations of comments."""

from __future__ import annotations

from typing import Any

import strawberry

from core.graphql.info import Info
from core.graphql.limits.directives import RateLimit
from core.graphql.mutations import mutation
from core.ids import input_key
from feed.graphql.mutations import input_text
from interactions import services
from interactions.graphql.inputs import (
    CreateCommentInput,
    CreateCommentPayload,
    DeleteCommentInput,
    DeleteCommentPayload,
    EditCommentInput,
    EditCommentPayload,
)
from interactions.graphql.reactions import ReactionsMutation


@strawberry.type
class InteractionsMutation(ReactionsMutation):
    @mutation("Creates a comment on a post or a reply to a comment.", RateLimit(bucket="comments"))
    @staticmethod
    async def create_comment(info: Info, input: CreateCommentInput) -> CreateCommentPayload:
        context = info.context
        parent_id = None if input.parent_id is strawberry.UNSET else input.parent_id
        comment, replayed = await services.comment_create(
            context.database,
            author_id=context.require_viewer(),
            post_id=input_key("Post", input.post_id, "postId"),
            parent_id=None if parent_id is None else input_key("Comment", parent_id, "parentId"),
            text=input_text(input.text),
            client_mutation_id=input.client_mutation_id,
        )
        if not replayed:
            context.services.notify()
        row: Any = comment
        return CreateCommentPayload(comment=row, replayed=replayed)

    @mutation("Changes the text of the viewer's own comment.", RateLimit(bucket="comments"))
    @staticmethod
    async def edit_comment(info: Info, input: EditCommentInput) -> EditCommentPayload:
        context = info.context
        comment: Any = await services.comment_edit(
            context.database,
            viewer_id=context.require_viewer(),
            comment_id=input_key("Comment", input.comment_id, "commentId"),
            text=input_text(input.text),
            client_mutation_id=input.client_mutation_id,
        )
        context.services.notify()
        return EditCommentPayload(comment=comment)

    @mutation("Deletes the viewer's own comment. If it has replies, a tombstone remains.")
    @staticmethod
    async def delete_comment(info: Info, input: DeleteCommentInput) -> DeleteCommentPayload:
        context = info.context
        changed = await services.comment_delete(
            context.database,
            viewer_id=context.require_viewer(),
            comment_id=input_key("Comment", input.comment_id, "commentId"),
            client_mutation_id=input.client_mutation_id,
        )
        if changed:
            context.services.drop_cached_responses()
            context.services.notify()
        return DeleteCommentPayload(deleted_comment_id=input.comment_id, changed=changed)
