"""Writes of posts."""

from __future__ import annotations

from typing import NamedTuple

from core.accounts.idempotency import Claim
from core.database.database import Database
from core.errors import ErrorCode, account_removed, not_found, refuse
from feed.post_rows import PostRow
from feed.selectors import post_from, posts_by_ids
from feed.statements import SQL


class PostCreated(NamedTuple):
    """A new post, or the one that the same key made before; None if that has been deleted since."""

    post: PostRow | None
    replayed: bool


async def post_create(
    database: Database, *, author_id: int, text: str, client_mutation_id: str | None = None
) -> PostCreated:
    """A post, written once for each idempotency key.

    Errors: MutationRefused (IDEMPOTENCY_KEY_REUSED), UNAUTHENTICATED. Locks: the key, the author's row.
    """
    claim = Claim(author_id, "createPost", client_mutation_id, (text,))
    async with database.transaction() as transaction:
        earlier = await claim.earlier_result(transaction)
        if earlier is None:
            row = (author_id, text, client_mutation_id)
            made = await transaction.fetch_row(SQL.post_create, *row)
            if made is None:
                raise account_removed()
            post = post_from(made)
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
    """The post with its new text; one that has that text already stays as it is.

    Errors: MutationRefused (NOT_FOUND, NOT_ALLOWED).
    """
    rows = await database.write(SQL.post_edit, viewer_id, post_id, text, client_mutation_id)
    if not rows:
        raise not_found("Post", "postId")
    if not rows[0][0]:
        raise refuse(ErrorCode.NOT_ALLOWED, "Only its author can edit a post.", "input", "postId")
    return post_from(rows[0][1:])


async def post_delete(
    database: Database, *, viewer_id: int, post_id: int, client_mutation_id: str | None = None
) -> bool:
    """Whether there was a post to delete. Its likes, comments and shares go with it.

    Errors: MutationRefused (NOT_ALLOWED). A post that does not exist or is not visible is no error.
    """
    rows = await database.write(SQL.post_delete, viewer_id, post_id, client_mutation_id)
    if not rows:
        return False
    if not rows[0][0]:
        raise refuse(ErrorCode.NOT_ALLOWED, "Only its author can delete a post.", "input", "postId")
    return bool(rows[0][1])
