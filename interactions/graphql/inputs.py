"""What mutations of interactions take and give, and the rules for it."""

from __future__ import annotations

import strawberry

from core.errors import InputRules
from core.graphql.mutations import MutationInput, Payload
from core.ids import key_of
from core.text import clean_text
from feed.graphql.types import TEXT_RULES, Post
from feed.models import TEXT_LENGTH
from interactions.graphql.types import Comment
from interactions.services import no_such_comment

CHANGED = "Whether this call changed anything; false if it was so before."


@strawberry.input
class PostInput(MutationInput):
    post_id: strawberry.ID = strawberry.field(description="The post.")


@strawberry.input
class CommentInput(MutationInput):
    comment_id: strawberry.ID = strawberry.field(description="The comment.")


@strawberry.type
class PostPayload(Payload):
    post: Post | None = strawberry.field(
        default=None,
        description="The post as it is now; null if it was refused, or if a block hides the post.",
    )
    changed: bool = strawberry.field(default=False, description=CHANGED)


@strawberry.type
class CommentPayload(Payload):
    comment: Comment | None = strawberry.field(
        default=None,
        description="The comment as it is now; null if it was refused, or if a block hides the comment.",
    )
    changed: bool = strawberry.field(default=False, description=CHANGED)


@strawberry.input(description="A post to like.")
class LikePostInput(PostInput):
    pass


@strawberry.type(description="The liked post.")
class LikePostPayload(PostPayload):
    pass


@strawberry.input(description="A post to like no longer.")
class UnlikePostInput(PostInput):
    pass


@strawberry.type(description="The post that is no longer liked.")
class UnlikePostPayload(PostPayload):
    pass


@strawberry.input(description="A post to share.")
class SharePostInput(PostInput):
    pass


@strawberry.type(description="The shared post.")
class SharePostPayload(PostPayload):
    pass


@strawberry.input(description="A post to share no longer.")
class UnsharePostInput(PostInput):
    pass


@strawberry.type(description="The post that is no longer shared.")
class UnsharePostPayload(PostPayload):
    pass


@strawberry.input(description="A comment to like.")
class LikeCommentInput(CommentInput):
    pass


@strawberry.type(description="The liked comment.")
class LikeCommentPayload(CommentPayload):
    pass


@strawberry.input(description="A comment to like no longer.")
class UnlikeCommentInput(CommentInput):
    pass


@strawberry.type(description="The comment that is no longer liked.")
class UnlikeCommentPayload(CommentPayload):
    pass


@strawberry.input(description="A new comment.")
class CreateCommentInput(PostInput):
    text: str = strawberry.field(description=f"What it says: {TEXT_RULES}")
    parent_id: strawberry.ID | None = strawberry.field(
        default=None, description="The comment that it replies to, on the same post; null if none."
    )


@strawberry.type(description="The new comment.")
class CreateCommentPayload(Payload):
    comment: Comment | None = strawberry.field(
        default=None, description="The comment; null if there is none."
    )
    replayed: bool = strawberry.field(
        default=False,
        description="Whether this answers an earlier call with the same clientMutationId.",
    )


@strawberry.input(description="One's own comment, to be deleted.")
class DeleteCommentInput(CommentInput):
    pass


@strawberry.type(description="The comment that is gone.")
class DeleteCommentPayload(Payload):
    deleted_comment_id: strawberry.ID | None = strawberry.field(
        default=None,
        description="Id of the comment that is gone, now or before; null if it was refused.",
    )
    changed: bool = strawberry.field(default=False, description="Whether this call deleted it.")


def comment_key(comment_id: str, field: str = "commentId") -> int:
    """The key in an input's `field`. Errors: Refused (NOT_FOUND)."""
    key = key_of("Comment", comment_id)
    if key is None:
        raise no_such_comment(field)
    return key


def comment_text(text: str) -> str:
    """The text in an input's `text`, cleaned. Errors: Refused (INVALID_INPUT)."""
    rules = InputRules()
    cleaned: str = rules.check("text", lambda: clean_text(text, at_most=TEXT_LENGTH))
    rules.done()
    return cleaned
