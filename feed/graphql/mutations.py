"""Mutations of posts."""

from __future__ import annotations

import strawberry

from core.errors import InputRules
from core.graphql.info import Info
from core.graphql.limits.directives import RateLimit
from core.graphql.mutations import (
    CreationInput,
    Payload,
    changed_field,
    mutation,
    optional_field,
    replayed_field,
    result_field,
)
from core.graphql.node import ID_BOUND
from core.ids import input_key
from core.text import clean_text
from feed.graphql.inputs import PostInput
from feed.graphql.pins import PinsMutation
from feed.graphql.types import TEXT_RULES, Post
from feed.media.graphql.fields import PostMediaInput, cleaned_media
from feed.media.models import MEDIA_OF_POST
from feed.models import LANGUAGE_LENGTH, TEXT_LENGTH, WARNING_LENGTH
from feed.post_visibility import PostVisibility
from feed.services import PostChanges, post_create, post_delete, post_edit
from feed.validators import clean_content_warning, clean_language

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
    visibility: PostVisibility | None = optional_field(
        "Who may read the post; by default, or null, the widest that the account allows: PUBLIC, or "
        "FOLLOWERS if it is private. A private account's posts can't be PUBLIC."
    )
    language: str | None = optional_field(LANGUAGE)
    content_warning: str | None = optional_field(WARNING)
    quoted_post_id: strawberry.ID | None = optional_field(f"The id of a post to quote, {ID_BOUND}.")
    media: list[PostMediaInput] | None = optional_field(f"{MEDIA} They may still be processed.")


@strawberry.type(description="The created post.")
class CreatePostPayload(Payload):
    post: Post | None = result_field("The created post", ", or repeats a call whose post is gone")
    replayed: bool = replayed_field()


@strawberry.input(description="The post to edit, which must be the viewer's own, and its new text.")
class EditPostInput(PostInput):
    text: str = strawberry.field(description=TEXT)
    language: str | None = optional_field(f"{LANGUAGE} Null removes it.")
    content_warning: str | None = optional_field(f"{WARNING} Null removes it.")
    media: list[PostMediaInput] | None = optional_field(
        f"{MEDIA} They take the place of those that the post has; null removes all."
    )


@strawberry.type(description="The edited post.")
class EditPostPayload(Payload):
    post: Post | None = result_field("The post after the change")


@strawberry.input(description="The post to delete; it must be the viewer's own.")
class DeletePostInput(PostInput):
    pass


@strawberry.type(description="The deleted post.")
class DeletePostPayload(Payload):
    deleted_post_id: strawberry.ID | None = result_field(f"The id of the deleted post, {ID_BOUND}")
    changed: bool = changed_field("Whether this call deleted it; false if it was deleted before.")


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
    @mutation("Creates a post.", RateLimit(bucket="posts"))
    @staticmethod
    async def create_post(info: Info, input: CreatePostInput) -> CreatePostPayload:
        context = info.context
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

    @mutation(
        "Changes the viewer's own post. What it said before can be read in its `edits`.",
        RateLimit(bucket="posts"),
    )
    @staticmethod
    async def edit_post(info: Info, input: EditPostInput) -> EditPostPayload:
        context = info.context
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

    @mutation("Deletes the viewer's own post with its likes, comments and shares.")
    @staticmethod
    async def delete_post(info: Info, input: DeletePostInput) -> DeletePostPayload:
        context = info.context
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
