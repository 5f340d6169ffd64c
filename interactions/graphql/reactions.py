"""Reactions in the schema: their mutations, and the fields of Post that list who reacts."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import strawberry

from core.accounts.graphql.types import UserConnection
from core.graphql.info import Info
from core.graphql.mutations import mutation_field
from core.graphql.relay_connections import connection_field
from core.ids import input_key
from feed.graphql.inputs import PostInput
from feed.graphql.types import PostConnection, in_feed
from feed.reactions import BOOKMARK, COMMENT_LIKE, POST_LIKE, SHARE, Reaction
from interactions.graphql.inputs import CommentInput, CommentPayload, PostPayload
from interactions.selectors import (
    BookmarksLoader,
    LikedPostsLoader,
    LikersByPostLoader,
    SharersByPostLoader,
)
from interactions.services import ReactionChange, reaction_create, reaction_delete

USERS = "newest first. Users hidden by a block are left out; in feeds and events also those whom the viewer has muted."
TYPES: dict[str, tuple[type, type]] = {
    "post": (PostInput, PostPayload),
    "comment": (CommentInput, CommentPayload),
}
"""The fields of inputs and payloads, by the reaction's target."""


def reaction_mutation(
    name: str,
    service: Callable[..., Awaitable[ReactionChange]],
    reaction: Reaction,
    description: str,
    *,
    input: str,
    payload: str,
) -> Any:
    """The mutation that calls the service for the post or comment in its input.

    `input`, `payload`: descriptions of the types.
    """
    target = reaction.target
    input_type, payload_type = TYPES[target]

    async def resolve(info: Info, input: Any) -> dict[str, Any]:
        context = info.context
        change = await service(
            context.services.group_commits,
            reaction,
            viewer_id=context.require_viewer(),
            target_id=input_key(
                target.capitalize(), getattr(input, reaction.column), f"{target}Id"
            ),
            client_mutation_id=input.client_mutation_id,
        )
        if change.changed and reaction.created:
            context.services.notify()
        return {target: change.target, "changed": change.changed}

    return mutation_field(
        name,
        description,
        resolve,
        input_type=input_type,
        input_description=input,
        payload_type=payload_type,
        payload_description=payload,
        bucket="reactions" if service is reaction_create else None,
    )


@strawberry.type
class ReactionsMutation:
    like_post = reaction_mutation(
        "LikePost",
        reaction_create,
        POST_LIKE,
        "Likes a post.",
        input="The post to like.",
        payload="The liked post.",
    )
    unlike_post = reaction_mutation(
        "UnlikePost",
        reaction_delete,
        POST_LIKE,
        "Removes the viewer's like from a post.",
        input="The post to unlike.",
        payload="The post without the viewer's like.",
    )
    share_post = reaction_mutation(
        "SharePost",
        reaction_create,
        SHARE,
        "Shares a post with the viewer's followers.",
        input="The post to share.",
        payload="The shared post.",
    )
    unshare_post = reaction_mutation(
        "UnsharePost",
        reaction_delete,
        SHARE,
        "Removes the viewer's share of a post.",
        input="The post to unshare.",
        payload="The post without the viewer's share.",
    )
    bookmark_post = reaction_mutation(
        "BookmarkPost",
        reaction_create,
        BOOKMARK,
        "Bookmarks a post. Only the viewer sees it, and the post's author the number of bookmarks.",
        input="The post to bookmark.",
        payload="The bookmarked post.",
    )
    unbookmark_post = reaction_mutation(
        "UnbookmarkPost",
        reaction_delete,
        BOOKMARK,
        "Removes the viewer's bookmark of a post.",
        input="The post whose bookmark is removed.",
        payload="The post without the viewer's bookmark.",
    )
    like_comment = reaction_mutation(
        "LikeComment",
        reaction_create,
        COMMENT_LIKE,
        "Likes a comment.",
        input="The comment to like.",
        payload="The liked comment.",
    )
    unlike_comment = reaction_mutation(
        "UnlikeComment",
        reaction_delete,
        COMMENT_LIKE,
        "Removes the viewer's like from a comment.",
        input="The comment to unlike.",
        payload="The comment without the viewer's like.",
    )


@strawberry.type
class PostReactions:
    likers = connection_field(
        LikersByPostLoader, UserConnection, f"Users who like the post, {USERS}", in_feed
    )
    sharers = connection_field(
        SharersByPostLoader, UserConnection, f"Users who share the post, {USERS}", in_feed
    )


@strawberry.type
class AccountReactions:
    bookmarks = connection_field(
        BookmarksLoader,
        PostConnection,
        "The posts that the viewer has bookmarked and may see, newest bookmark first.",
    )
    liked_posts = connection_field(
        LikedPostsLoader,
        PostConnection,
        "The posts that the viewer likes and may see, newest like first.",
    )
