"""Mutations of comments, likes and shares."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import strawberry

from core.context import Context
from core.graphql.mutations import refusals_as_data
from core.ids import input_key
from feed.graphql.mutations import input_text
from interactions import services
from interactions.graphql.inputs import (
    CommentInput,
    CommentPayload,
    CreateCommentInput,
    CreateCommentPayload,
    DeleteCommentInput,
    DeleteCommentPayload,
    LikeCommentInput,
    LikeCommentPayload,
    LikePostInput,
    LikePostPayload,
    PostInput,
    PostPayload,
    SharePostInput,
    SharePostPayload,
    UnlikeCommentInput,
    UnlikeCommentPayload,
    UnlikePostInput,
    UnlikePostPayload,
    UnsharePostInput,
    UnsharePostPayload,
)
from interactions.services import CommentChanged, PostChanged

P = TypeVar("P", bound=PostPayload)
C = TypeVar("C", bound=CommentPayload)


async def change_post(
    info: strawberry.Info,
    input: PostInput,
    service: Callable[..., Awaitable[PostChanged]],
    payload: Callable[..., P],
) -> P:
    """Calls the service for the post in the input; returns its payload."""
    context: Context = info.context
    post, changed = await service(
        context.services.group_commits,
        viewer_id=context.require_viewer(),
        post_id=input_key("Post", input.post_id, "postId"),
        client_mutation_id=input.client_mutation_id,
    )
    if changed:
        context.services.notify()
    return payload(post=post, changed=changed)


async def change_comment(
    info: strawberry.Info,
    input: CommentInput,
    service: Callable[..., Awaitable[CommentChanged]],
    payload: Callable[..., C],
) -> C:
    """Calls the service for the comment in the input; returns its payload."""
    context: Context = info.context
    comment, changed = await service(
        context.services.group_commits,
        viewer_id=context.require_viewer(),
        comment_id=input_key("Comment", input.comment_id, "commentId"),
        client_mutation_id=input.client_mutation_id,
    )
    if changed:
        context.services.notify()
    return payload(comment=comment, changed=changed)


@strawberry.type
class InteractionsMutation:
    @strawberry.mutation(description="Likes a post.")
    @refusals_as_data(LikePostPayload)
    @staticmethod
    async def like_post(info: strawberry.Info, input: LikePostInput) -> LikePostPayload:
        return await change_post(info, input, services.post_like, LikePostPayload)

    @strawberry.mutation(description="Removes the viewer's like from a post.")
    @refusals_as_data(UnlikePostPayload)
    @staticmethod
    async def unlike_post(info: strawberry.Info, input: UnlikePostInput) -> UnlikePostPayload:
        return await change_post(info, input, services.post_unlike, UnlikePostPayload)

    @strawberry.mutation(description="Shares a post with the viewer's followers.")
    @refusals_as_data(SharePostPayload)
    @staticmethod
    async def share_post(info: strawberry.Info, input: SharePostInput) -> SharePostPayload:
        return await change_post(info, input, services.post_share, SharePostPayload)

    @strawberry.mutation(description="Removes the viewer's share of a post.")
    @refusals_as_data(UnsharePostPayload)
    @staticmethod
    async def unshare_post(info: strawberry.Info, input: UnsharePostInput) -> UnsharePostPayload:
        return await change_post(info, input, services.post_unshare, UnsharePostPayload)

    @strawberry.mutation(description="Likes a comment.")
    @refusals_as_data(LikeCommentPayload)
    @staticmethod
    async def like_comment(info: strawberry.Info, input: LikeCommentInput) -> LikeCommentPayload:
        return await change_comment(info, input, services.comment_like, LikeCommentPayload)

    @strawberry.mutation(description="Removes the viewer's like from a comment.")
    @refusals_as_data(UnlikeCommentPayload)
    @staticmethod
    async def unlike_comment(
        info: strawberry.Info, input: UnlikeCommentInput
    ) -> UnlikeCommentPayload:
        return await change_comment(info, input, services.comment_unlike, UnlikeCommentPayload)

    @strawberry.mutation(description="Creates a comment on a post or a reply to a comment.")
    @refusals_as_data(CreateCommentPayload)
    @staticmethod
    async def create_comment(
        info: strawberry.Info, input: CreateCommentInput
    ) -> CreateCommentPayload:
        context: Context = info.context
        parent_id = input.parent_id
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

    @strawberry.mutation(
        description="Deletes the viewer's own comment. If it has replies, a tombstone remains."
    )
    @refusals_as_data(DeleteCommentPayload)
    @staticmethod
    async def delete_comment(
        info: strawberry.Info, input: DeleteCommentInput
    ) -> DeleteCommentPayload:
        context: Context = info.context
        changed = await services.comment_delete(
            context.database,
            viewer_id=context.require_viewer(),
            comment_id=input_key("Comment", input.comment_id, "commentId"),
            client_mutation_id=input.client_mutation_id,
        )
        if changed:
            context.services.notify()
        return DeleteCommentPayload(deleted_comment_id=input.comment_id, changed=changed)
