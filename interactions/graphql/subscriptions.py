"""What happens to posts, live."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Annotated

import strawberry

from core.accounts.graphql.types import User
from core.events import event_types
from core.graphql.live.subscription_messages import LIVE_TYPES, After, also_gives, served_live
from core.ids import global_id
from feed.graphql.types import Post
from interactions.graphql.post_topic import POSTS_AT_MOST, InteractionRow
from interactions.graphql.types import Comment

PostIds = Annotated[
    list[strawberry.ID],
    strawberry.argument(
        description=f"The posts to watch: 1 to {POSTS_AT_MOST} ids. What the viewer can't see stays silent."
    ),
]


@strawberry.interface(description="Something that happened to a post.")
class PostInteraction:
    cursor: str = strawberry.field(description="Names the event; for `after`. Opaque.")


also_gives(PostInteraction)


@strawberry.type
class Action(PostInteraction):
    """What most of them tell."""

    client_mutation_id: str | None = strawberry.field(
        description="The clientMutationId of the call that caused it, by which a client knows its own."
    )
    actor: User = strawberry.field(description="Who did it.")
    post: Post = strawberry.field(description="The post, as it is now.")


def _is(kind: str) -> classmethod[object, [object, object], bool]:
    """An `is_type_of` for events of this kind."""

    def is_type_of(_cls: object, value: object, _info: object) -> bool:
        return isinstance(value, InteractionRow) and value.kind == kind

    return classmethod(is_type_of)


@strawberry.type(description="Somebody likes the post.")
class PostLiked(Action):
    is_type_of = _is(event_types.POST_LIKED)


@strawberry.type(description="Somebody no longer likes the post.")
class PostUnliked(Action):
    is_type_of = _is(event_types.POST_UNLIKED)


@strawberry.type(description="Somebody shares the post.")
class PostShared(Action):
    is_type_of = _is(event_types.POST_SHARED)


@strawberry.type(description="Somebody no longer shares the post.")
class PostUnshared(Action):
    is_type_of = _is(event_types.POST_UNSHARED)


@strawberry.type(description="Somebody has commented on the post, or replied to a comment on it.")
class CommentCreated(Action):
    comment: Comment = strawberry.field(description="The comment.")

    is_type_of = _is(event_types.COMMENT_CREATED)


@strawberry.type(description="A comment on the post is gone.")
class CommentDeleted(Action):
    is_type_of = _is(event_types.COMMENT_DELETED)

    @strawberry.field(description="The comment that is gone.")
    @staticmethod
    def deleted_comment_id(root: strawberry.Parent[InteractionRow]) -> strawberry.ID:
        return strawberry.ID(global_id("Comment", root.comment_id or 0))


@strawberry.type(description="The post's text has changed.")
class PostEdited(Action):
    is_type_of = _is(event_types.POST_EDITED)


@strawberry.type(description="The post is gone. Nothing more will be told of it.")
class PostDeleted(PostInteraction):
    client_mutation_id: str | None = strawberry.field(
        description="The clientMutationId of the call that caused it, by which a client knows its own."
    )

    is_type_of = _is(event_types.POST_DELETED)

    @strawberry.field(description="The post that is gone.")
    @staticmethod
    def deleted_post_id(root: strawberry.Parent[InteractionRow]) -> strawberry.ID:
        return strawberry.ID(global_id("Post", root.post_id))


POST_INTERACTION_TYPES = [
    PostLiked,
    PostUnliked,
    PostShared,
    PostUnshared,
    CommentCreated,
    CommentDeleted,
    PostEdited,
    PostDeleted,
    *LIVE_TYPES,
]


@strawberry.type
class InteractionsSubscription:
    @strawberry.subscription(
        description="Likes, shares and comments on these posts, their edits and their end. Anonymous clients may watch."
    )
    @staticmethod
    async def post_interactions(
        post_ids: PostIds,  # noqa: ARG004  # the channel reads both
        after: After = None,  # noqa: ARG004
    ) -> AsyncGenerator[PostInteraction, None]:
        """See PostInteractionsChannel."""
        async for event in served_live():
            yield event
