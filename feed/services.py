"""Writes of posts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, TypedDict

from core.accounts.idempotency import Claim
from core.database.database import Database, Transaction
from core.database.statements import variant_for
from core.errors import ErrorCode, MutationRefused, account_removed, not_found, refuse
from core.jobs.causes import current_cause
from feed.entities import Entities, entities_of, names_keys, set_arguments
from feed.media.services import PostMedia, post_media_set
from feed.post_rows import PostRow
from feed.post_visibility import PostVisibility
from feed.search.words import words_of_post
from feed.selectors import post_from, posts_by_ids
from feed.statements import SQL


class PostCreated(NamedTuple):
    """The new post, or the one created earlier with the same key, None if that has been deleted."""

    post: PostRow | None
    replayed: bool


def not_public(field: str, verb: str) -> MutationRefused:
    """The refusal to share or quote a post that the viewer may see, by others than its author."""
    message = f"Only its author can {verb} a post that is not public."
    return refuse(ErrorCode.NOT_ALLOWED, message, "input", field)


async def post_create(
    database: Database,
    *,
    author_id: int,
    text: str,
    language: str | None = None,
    content_warning: str | None = None,
    quoted_post_id: int | None = None,
    visibility: PostVisibility | None = None,
    media: Sequence[PostMedia] = (),
    client_mutation_id: str | None = None,
) -> PostCreated:
    """Creates a post, once for each idempotency key. `visibility`: None for the widest that the account allows.

    Errors: MutationRefused (NOT_FOUND, MEDIA_NOT_USABLE, IDEMPOTENCY_KEY_REUSED; INVALID_INPUT for a public post of
    a private account), UNAUTHENTICATED. Locks: the key, new hashtags, the quoted post, the author's row, the
    pictures, the hashtags.
    """
    further = (language, content_warning, quoted_post_id)
    chosen = () if visibility is None else (visibility.name,)
    # A plain post has the inputs that earlier versions stored.
    inputs = (text, *further) if any(each is not None for each in further) else (text,)
    pictures = (value for each in media for value in each)
    claim = Claim(author_id, "createPost", client_mutation_id, (*inputs, *chosen, *pictures))
    async with database.transaction() as transaction:
        earlier = await claim.earlier_result(transaction)
        if earlier is None:
            entities = await entities_of(transaction, author_id, text)
            if quoted_post_id is not None and not await transaction.fetch(
                SQL.quotable_post_lock, author_id, quoted_post_id
            ):
                if await transaction.fetch(
                    SQL.posts_by_ids[variant_for(author_id)], author_id, [quoted_post_id]
                ):
                    raise not_public("quotedPostId", "quote")
                raise not_found("Post", "quotedPostId")
            words = words_of_post(author_id, text)
            row = (author_id, text, client_mutation_id, entities, *further, visibility, words)
            created = await transaction.fetch_row(SQL.post_create, *row)
            if created is None:
                if await transaction.fetch_row(SQL.author_is_private, author_id) is None:
                    raise account_removed()
                raise refuse(
                    ErrorCode.INVALID_INPUT,
                    "This account is private: choose FOLLOWERS or MENTIONED, or leave `visibility` out.",
                    "input",
                    "visibility",
                )
            post = post_from(created)
            if media:
                await post_media_set(transaction, owner_id=author_id, post_id=post.id, media=media)
            if names_keys(entities):
                await transaction.fetch(SQL.post_entities_set, *set_arguments({post.id: entities}))
            await claim.settle(transaction, post.id)
            return PostCreated(post, replayed=False)
    return PostCreated((await posts_by_ids(database, author_id, [earlier]))[0], replayed=True)


class PostChanges(TypedDict, total=False):
    """What to set beside the text; what is left out stays."""

    language: str | None
    content_warning: str | None
    media: Sequence[PostMedia]


async def post_edit(
    database: Database,
    *,
    viewer_id: int,
    post_id: int,
    text: str,
    changes: PostChanges | None = None,
    client_mutation_id: str | None = None,
) -> PostRow:
    """Changes a post and returns it; one that is so already is not changed.

    Errors: MutationRefused (NOT_FOUND, NOT_ALLOWED, MEDIA_NOT_USABLE). Locks: new hashtags, the post, the pictures, the
    hashtags.
    """
    media = (changes or {}).get("media")
    # For each of them: whether it changes, and to what.
    further = [
        value
        for name in ("content_warning", "language")
        for value in (name in (changes or {}), (changes or {}).get(name))
    ]
    async with database.transaction() as transaction:
        entities = await entities_of(transaction, viewer_id, text)
        is_locked = await transaction.fetch(SQL.own_post_lock, viewer_id, post_id)
        has_new_media = (
            media is not None
            and bool(is_locked)
            and await post_media_set(transaction, owner_id=viewer_id, post_id=post_id, media=media)
        )
        words = words_of_post(viewer_id, text)
        row = (
            viewer_id,
            post_id,
            text,
            client_mutation_id,
            entities,
            *further,
            has_new_media,
            words,
        )
        edited = await transaction.fetch_row(SQL.post_edit, *row)
        if edited is None:
            raise not_found("Post", "postId")
        is_own, *columns, has_new_text = edited
        if not is_own:
            raise refuse(
                ErrorCode.NOT_ALLOWED, "Only its author can edit a post.", "input", "postId"
            )
        if has_new_text:
            await _entities_replace(transaction, post_id, entities)
        return post_from(columns)


async def _entities_replace(transaction: Transaction, post_id: int, entities: Entities) -> None:
    """Sets the mentions and hashtags of a locked post, which may have others. Locks: both its old and new hashtags."""
    hashtags = [-key for key in entities[2::3] if key < 0]
    await transaction.fetch(SQL.hashtags_lock, [post_id], hashtags)
    await transaction.fetch(SQL.post_entities_set, *set_arguments({post_id: entities}))


async def post_delete(
    database: Database, *, viewer_id: int, post_id: int, client_mutation_id: str | None = None
) -> bool:
    """Deletes a post with its likes, comments and shares; returns whether it did.

    Errors: MutationRefused (NOT_ALLOWED); none for a post that does not exist or is not visible. Locks: what it quotes,
    the post, the author's row, the hashtags.
    """
    async with database.transaction() as transaction:
        await transaction.fetch(SQL.quoted_post_lock, viewer_id, post_id)
        # By a statement of its own, so that the next one sees all shares and tells of their end.
        await transaction.fetch(SQL.own_post_lock, viewer_id, post_id)
        row = (viewer_id, post_id, client_mutation_id, current_cause())
        rows = await transaction.fetch(SQL.post_delete, *row)
    if not rows:
        return False
    if not rows[0][0]:
        raise refuse(ErrorCode.NOT_ALLOWED, "Only its author can delete a post.", "input", "postId")
    return bool(rows[0][1])


async def post_pin(database: Database, *, viewer_id: int, post_id: int) -> bool:
    """Pins a post in place of any other; whether that changed anything.

    Errors: MutationRefused (NOT_FOUND, NOT_ALLOWED).
    """
    rows = await database.write(SQL.post_pin, viewer_id, post_id)
    if not rows:
        raise not_found("Post", "postId")
    if not rows[0][0]:
        raise refuse(ErrorCode.NOT_ALLOWED, "Only its author can pin a post.", "input", "postId")
    return bool(rows[0][1])


async def post_unpin(database: Database, *, viewer_id: int) -> bool:
    """Unpins the viewer's pinned post; whether there was one."""
    return bool(await database.write(SQL.post_unpin, viewer_id))
