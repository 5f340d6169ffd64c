"""The subscription to events about posts."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from functools import partial
from typing import Annotated

import strawberry

from core.accounts.graphql.types import User
from core.events import event_types
from core.graphql.live.subscription_messages import (
    CAUSED_BY,
    EVENT_CURSOR,
    LIVE_TYPES,
    After,
    add_subscription_messages,
    delivered_by_topic,
    of_kind,
)
from core.graphql.node import ID_BOUND
from core.ids import global_id
from feed.graphql.types import Post
from interactions.graphql.post_topic import MAX_POSTS, InteractionRow
from interactions.graphql.types import Comment

PostIds = Annotated[
    list[strawberry.ID],
    strawberry.argument(
        description=f"The posts to watch: 1 to {MAX_POSTS} ids. Posts that are not visible to the viewer send no "
        "events."
    ),
]


@strawberry.interface(description="An event about a post.")
class PostInteraction:
    cursor: str = strawberry.field(description=EVENT_CURSOR)


add_subscription_messages(PostInteraction)


@strawberry.type
class Action(PostInteraction):
    """Fields of every event but PostDeleted."""

    client_mutation_id: str | None = strawberry.field(description=CAUSED_BY)
    actor: User = strawberry.field(description="The user who caused the event.")
    post: Post = strawberry.field(description="The post in its current state.")


_is = partial(of_kind, InteractionRow)
"""An `is_type_of` for events of a kind."""


@strawberry.type(description="A user liked the post.")
class PostLiked(Action):
    is_type_of = _is(event_types.POST_LIKED)


@strawberry.type(description="A user removed their like from the post.")
class PostUnliked(Action):
    is_type_of = _is(event_types.POST_UNLIKED)


@strawberry.type(description="A user shared the post.")
class PostShared(Action):
    is_type_of = _is(event_types.POST_SHARED)


@strawberry.type(description="A user removed their share of the post.")
class PostUnshared(Action):
    is_type_of = _is(event_types.POST_UNSHARED)


@strawberry.type(description="A user commented on the post or replied to a comment on it.")
class CommentCreated(Action):
    comment: Comment = strawberry.field(description="The comment.")

    is_type_of = _is(event_types.COMMENT_CREATED)


@strawberry.type(description="The text of a comment on the post was changed.")
class CommentEdited(Action):
    comment: Comment = strawberry.field(description="The comment in its current state.")

    is_type_of = _is(event_types.COMMENT_EDITED)


@strawberry.type(
    description="A comment on the post was deleted. A tombstone goes with its last reply, by an event of its own, "
    "after that of the reply. A client that does not have the `tombstone` yet, because a block hid the comment, adds "
    "it; `actor` is then a placeholder."
)
class CommentDeleted(Action):
    tombstone: Comment | None = strawberry.field(
        description="The tombstone in the comment's place, as long as it holds replies; null if the comment is gone."
    )
    parent: Comment | None = strawberry.field(
        description="The nearest comment above it that remains, with its `replyCount`: the one that it replied to, "
        "unless that was a tombstone that went with it. Null if there is none, or if it is not visible to the viewer."
    )

    is_type_of = _is(event_types.COMMENT_DELETED, event_types.TOMBSTONE_DELETED)

    @strawberry.field(description=f"The id of the deleted comment or tombstone, {ID_BOUND}.")
    @staticmethod
    def deleted_comment_id(root: strawberry.Parent[InteractionRow]) -> strawberry.ID:
        return strawberry.ID(global_id("Comment", root.comment_id or 0))


@strawberry.type(description="The post was edited, or a picture on it was processed.")
class PostEdited(Action):
    is_type_of = _is(event_types.POST_EDITED)


@strawberry.type(description="The post was deleted. No further events about it follow.")
class PostDeleted(PostInteraction):
    client_mutation_id: str | None = strawberry.field(description=CAUSED_BY)

    is_type_of = _is(event_types.POST_DELETED)

    @strawberry.field(description=f"The id of the deleted post, {ID_BOUND}.")
    @staticmethod
    def deleted_post_id(root: strawberry.Parent[InteractionRow]) -> strawberry.ID:
        return strawberry.ID(global_id("Post", root.post_id))


POST_INTERACTION_TYPES = [
    PostLiked,
    PostUnliked,
    PostShared,
    PostUnshared,
    CommentCreated,
    CommentEdited,
    CommentDeleted,
    PostEdited,
    PostDeleted,
    *LIVE_TYPES,
]


@strawberry.type
class InteractionsSubscription:
    @strawberry.subscription(
        description=(
            "Likes, shares, comments, edits and deletions of these posts. Anonymous clients "
            "may subscribe."
        )
    )
    @staticmethod
    async def post_interactions(
        post_ids: PostIds,  # noqa: ARG004  # the topic reads both
        after: After = None,  # noqa: ARG004  # as above
    ) -> AsyncGenerator[PostInteraction, None]:
        """See PostInteractionsTopic."""
        async for event in delivered_by_topic():
            yield event
