"""Writes of posts."""

from __future__ import annotations

from typing import NamedTuple

from core.accounts.idempotency import Claim
from core.database.database import Database, Transaction
from core.errors import ErrorCode, account_removed, not_found, refuse
from core.jobs.causes import current_cause
from feed.entities import Entities, entities_of, names_keys, set_arguments
from feed.post_rows import PostRow
from feed.selectors import post_from, posts_by_ids
from feed.statements import SQL


class PostCreated(NamedTuple):
    """The new post, or the one created earlier with the same key, None if that has been deleted."""

    post: PostRow | None
    replayed: bool


async def post_create(
    database: Database, *, author_id: int, text: str, client_mutation_id: str | None = None
) -> PostCreated:
    """Creates a post, once for each idempotency key.

    Errors: MutationRefused (IDEMPOTENCY_KEY_REUSED), UNAUTHENTICATED. Locks: the key, new hashtags, the author's row,
    the hashtags.
    """
    claim = Claim(author_id, "createPost", client_mutation_id, (text,))
    async with database.transaction() as transaction:
        earlier = await claim.earlier_result(transaction)
        if earlier is None:
            entities = await entities_of(transaction, author_id, text)
            row = (author_id, text, client_mutation_id, entities)
            created = await transaction.fetch_row(SQL.post_create, *row)
            if created is None:
                raise account_removed()
            post = post_from(created)
            if names_keys(entities):
                await transaction.fetch(SQL.post_entities_set, *set_arguments({post.id: entities}))
            await claim.settle(transaction, post.id)
            return PostCreated(post, replayed=False)
    return PostCreated((await posts_by_ids(database, author_id, [earlier]))[0], replayed=True)


async def post_edit(
    database: Database,
    *,
    viewer_id: int,
    post_id: int,
    text: str,
    client_mutation_id: str | None = None,
) -> PostRow:
    """Replaces the text of a post and returns it; a post that has this text already is not changed.

    Errors: MutationRefused (NOT_FOUND, NOT_ALLOWED). Locks: new hashtags, the post, the hashtags.
    """
    async with database.transaction() as transaction:
        entities = await entities_of(transaction, viewer_id, text)
        row = (viewer_id, post_id, text, client_mutation_id, entities)
        edited = await transaction.fetch_row(SQL.post_edit, *row)
        if edited is None:
            raise not_found("Post", "postId")
        is_own, *columns, changed = edited
        if not is_own:
            raise refuse(
                ErrorCode.NOT_ALLOWED, "Only its author can edit a post.", "input", "postId"
            )
        if changed:
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

    Errors: MutationRefused (NOT_ALLOWED); none for a post that does not exist or is not visible.
    """
    rows = await database.write(
        SQL.post_delete, viewer_id, post_id, client_mutation_id, current_cause()
    )
    if not rows:
        return False
    if not rows[0][0]:
        raise refuse(ErrorCode.NOT_ALLOWED, "Only its author can delete a post.", "input", "postId")
    return bool(rows[0][1])
