"""Mutations of posts."""

from __future__ import annotations

import strawberry

from core.context import Context
from core.errors import InputRules
from core.graphql.limits.directives import RateLimit
from core.graphql.mutations import CreationInput, MutationInput, Payload, refusals_as_user_errors
from core.graphql.node import ID_BOUND
from core.ids import input_key
from core.text import clean_text
from feed.graphql.pins import PinsMutation
from feed.graphql.types import TEXT_RULES, Post
from feed.media.graphql.fields import PostMediaInput, cleaned_media
from feed.media.models import MEDIA_OF_POST
from feed.models import LANGUAGE_LENGTH, TEXT_LENGTH, WARNING_LENGTH
from feed.post_rows import PostVisibility
from feed.services import PostChanges, post_create, post_delete, post_edit
from feed.validators import clean_content_warning, clean_language

POST_ID = f"The post's id, {ID_BOUND}."
TEXT = f"The post's text: {TEXT_RULES}"


LANGUAGE = f"The language of the text, a BCP 47 tag such as `de` or `zh-Hant`: at most {LANGUAGE_LENGTH} characters."
MEDIA = f"The viewer's pictures that the post shows, in their order: at most {MEDIA_OF_POST}, on no other post."
WARNING = (
    f"What the post warns of, in one line: at most {WARNING_LENGTH} code points after NFC. Without visible characters "
    "it is none."
)


@strawberry.input(description="The post to create.")
class CreatePostInput(CreationInput):
    text: str = strawberry.field(description=TEXT)
    visibility: PostVisibility | None = strawberry.field(
        default=strawberry.UNSET,
        description="Who may read the post; by default, or null, the widest that the account allows: PUBLIC, or "
        "FOLLOWERS if it is private. A private account's posts can't be PUBLIC.",
    )
    language: str | None = strawberry.field(default=strawberry.UNSET, description=LANGUAGE)
    content_warning: str | None = strawberry.field(default=strawberry.UNSET, description=WARNING)
    quoted_post_id: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET,
        description=f"The id of a post to quote, {ID_BOUND}.",
    )
    media: list[PostMediaInput] | None = strawberry.field(
        default=strawberry.UNSET, description=f"{MEDIA} They may still be processed."
    )


@strawberry.type(description="The created post.")
class CreatePostPayload(Payload):
    post: Post | None = strawberry.field(
        default=None, description="The created post; null if the mutation failed."
    )
    replayed: bool = strawberry.field(
        default=False,
        description=(
            "Whether the payload repeats that of an earlier call with the same `clientMutationId`."
        ),
    )


@strawberry.input(description="The post to edit, which must be the viewer's own, and its new text.")
class EditPostInput(MutationInput):
    post_id: strawberry.ID = strawberry.field(description=POST_ID)
    text: str = strawberry.field(description=TEXT)
    language: str | None = strawberry.field(
        default=strawberry.UNSET, description=f"{LANGUAGE} Null removes it."
    )
    content_warning: str | None = strawberry.field(
        default=strawberry.UNSET, description=f"{WARNING} Null removes it."
    )
    media: list[PostMediaInput] | None = strawberry.field(
        default=strawberry.UNSET,
        description=f"{MEDIA} They take the place of those that the post has; null removes all.",
    )


@strawberry.type(description="The edited post.")
class EditPostPayload(Payload):
    post: Post | None = strawberry.field(
        default=None, description="The post after the change; null if the mutation failed."
    )


@strawberry.input(description="The post to delete; it must be the viewer's own.")
class DeletePostInput(MutationInput):
    post_id: strawberry.ID = strawberry.field(description=POST_ID)


@strawberry.type(description="The deleted post.")
class DeletePostPayload(Payload):
    deleted_post_id: strawberry.ID | None = strawberry.field(
        default=None,
        description=f"The id of the deleted post, {ID_BOUND}; null if the mutation failed.",
    )
    changed: bool = strawberry.field(
        default=False, description="Whether this call deleted it; false if it was deleted before."
    )


def input_text(text: str) -> str:
    """The text in the `text` of an input for a post or comment, cleaned. Errors: MutationRefused (INVALID_INPUT)."""
    rules = InputRules()
    cleaned = _checked_text(rules, text)
    rules.raise_problems()
    return cleaned


def _checked_text(rules: InputRules, text: str) -> str:
    cleaned: str = rules.check("text", lambda: clean_text(text, at_most=TEXT_LENGTH))
    return cleaned


def _checked_input(input: CreatePostInput | EditPostInput) -> tuple[str, PostChanges]:
    """The text and the other fields that were sent, cleaned. Errors: MutationRefused (INVALID_INPUT)."""
    rules = InputRules()
    text = _checked_text(rules, input.text)
    changes: PostChanges = {}
    if input.language is not strawberry.UNSET:
        changes["language"] = rules.check("language", clean_language, input.language)
    if input.content_warning is not strawberry.UNSET:
        changes["content_warning"] = rules.check(
            "contentWarning", clean_content_warning, input.content_warning
        )
    if input.media is not strawberry.UNSET:
        changes["media"] = cleaned_media(input.media, rules)
    rules.raise_problems()
    return text, changes


@strawberry.type
class FeedMutation(PinsMutation):
    @strawberry.mutation(description="Creates a post.", directives=[RateLimit(bucket="posts")])
    @refusals_as_user_errors(CreatePostPayload)
    @staticmethod
    async def create_post(info: strawberry.Info, input: CreatePostInput) -> CreatePostPayload:
        context: Context = info.context
        author_id = context.require_viewer()
        text, further = _checked_input(input)
        quoted = input.quoted_post_id
        created = await post_create(
            context.database,
            author_id=author_id,
            text=text,
            visibility=None if input.visibility is strawberry.UNSET else input.visibility,
            **further,
            quoted_post_id=None
            if quoted is None or quoted is strawberry.UNSET
            else input_key("Post", quoted, "quotedPostId"),
            client_mutation_id=input.client_mutation_id,
        )
        if not created.replayed:
            context.services.notify()
        return CreatePostPayload(post=created.post, replayed=created.replayed)  # type: ignore[arg-type]  # a row

    @strawberry.mutation(
        description="Changes the viewer's own post. What it said before can be read in its `edits`."
    )
    @refusals_as_user_errors(EditPostPayload)
    @staticmethod
    async def edit_post(info: strawberry.Info, input: EditPostInput) -> EditPostPayload:
        context: Context = info.context
        viewer_id = context.require_viewer()
        text, changes = _checked_input(input)
        post = await post_edit(
            context.database,
            viewer_id=viewer_id,
            post_id=input_key("Post", input.post_id, "postId"),
            text=text,
            changes=changes,
            client_mutation_id=input.client_mutation_id,
        )
        context.services.notify()
        return EditPostPayload(post=post)  # type: ignore[arg-type]  # a row

    @strawberry.mutation(
        description="Deletes the viewer's own post with its likes, comments and shares."
    )
    @refusals_as_user_errors(DeletePostPayload)
    @staticmethod
    async def delete_post(info: strawberry.Info, input: DeletePostInput) -> DeletePostPayload:
        context: Context = info.context
        changed = await post_delete(
            context.database,
            viewer_id=context.require_viewer(),
            post_id=input_key("Post", input.post_id, "postId"),
            client_mutation_id=input.client_mutation_id,
        )
        if changed:
            context.services.drop_cached_responses()
            context.services.notify()
        return DeletePostPayload(deleted_post_id=input.post_id, changed=changed)
