"""Writes of comments, likes and shares.

Likes and shares set a state: a repetition changes nothing. Those that arrive together share a group commit.
"""

from __future__ import annotations

from typing import NamedTuple

from core.accounts.idempotency import Claim
from core.database.database import Database, Row
from core.database.group_commit import GroupCommits
from core.errors import ErrorCode, not_found, refuse
from feed.post_rows import PostRow
from feed.selectors import post_from
from feed.statements import SQL as FEED_SQL
from interactions.comment_rows import CommentRow
from interactions.selectors import comment_from, comments_by_ids
from interactions.statements import SQL


class PostChanged(NamedTuple):
    """The post as it is now, None if a block hides it, and whether this call changed anything."""

    post: PostRow | None
    changed: bool


class CommentChanged(NamedTuple):
    """The comment as it is now, None if a block hides it, and whether this call changed anything."""

    comment: CommentRow | None
    changed: bool


class CreatedComment(NamedTuple):
    """The new comment, or the one created earlier with the same key, None if that is not visible any more."""

    comment: CommentRow | None
    replayed: bool


async def post_like(
    group_commits: GroupCommits,
    *,
    viewer_id: int,
    post_id: int,
    client_mutation_id: str | None = None,
) -> PostChanged:
    """Likes a post. Errors: MutationRefused (NOT_FOUND). Locks: the post's row."""
    row = (viewer_id, post_id, client_mutation_id)
    return _post_changed(await group_commits.submit(SQL.post_like, *row))


async def post_unlike(
    group_commits: GroupCommits,
    *,
    viewer_id: int,
    post_id: int,
    client_mutation_id: str | None = None,
) -> PostChanged:
    """Removes a like, whether or not the post is visible to the viewer.

    Errors: MutationRefused (NOT_FOUND for a post neither visible to nor liked by the viewer). Locks: the post's row.
    """
    row = (viewer_id, post_id, client_mutation_id)
    return _post_changed(await group_commits.submit(SQL.post_unlike, *row))


async def post_share(
    group_commits: GroupCommits,
    *,
    viewer_id: int,
    post_id: int,
    client_mutation_id: str | None = None,
) -> PostChanged:
    """Shares a post. Errors: MutationRefused (NOT_FOUND). Locks: the post's row."""
    row = (viewer_id, post_id, client_mutation_id)
    return _post_changed(await group_commits.submit(SQL.post_share, *row))


async def post_unshare(
    group_commits: GroupCommits,
    *,
    viewer_id: int,
    post_id: int,
    client_mutation_id: str | None = None,
) -> PostChanged:
    """Removes a share, whether or not the post is visible to the viewer.

    Errors: MutationRefused (NOT_FOUND for a post neither visible to nor shared by the viewer). Locks: the post's row.
    """
    row = (viewer_id, post_id, client_mutation_id)
    return _post_changed(await group_commits.submit(SQL.post_unshare, *row))


async def comment_like(
    group_commits: GroupCommits,
    *,
    viewer_id: int,
    comment_id: int,
    client_mutation_id: str | None = None,
) -> CommentChanged:
    """Likes a comment. Errors: MutationRefused (NOT_FOUND). Locks: the comment's row."""
    row = (viewer_id, comment_id, client_mutation_id)
    return _comment_changed(await group_commits.submit(SQL.comment_like, *row))


async def comment_unlike(
    group_commits: GroupCommits,
    *,
    viewer_id: int,
    comment_id: int,
    client_mutation_id: str | None = None,
) -> CommentChanged:
    """Removes a like, whether or not the comment is visible to the viewer.

    Errors: MutationRefused (NOT_FOUND for a comment neither visible to nor liked by the viewer).
    Locks: the comment's row.
    """
    row = (viewer_id, comment_id, client_mutation_id)
    return _comment_changed(await group_commits.submit(SQL.comment_unlike, *row))


async def comment_create(
    database: Database,
    *,
    author_id: int,
    post_id: int,
    text: str,
    parent_id: int | None = None,
    client_mutation_id: str | None = None,
) -> CreatedComment:
    """Creates a comment or a reply, once for each idempotency key.

    Errors: MutationRefused (NOT_FOUND, IDEMPOTENCY_KEY_REUSED), UNAUTHENTICATED. Locks: the key, the post's row, the
    parent's row.
    """
    claim = Claim(author_id, "createComment", client_mutation_id, (post_id, parent_id, text))
    async with database.transaction() as transaction:
        earlier = await claim.earlier_result(transaction)
        if earlier is None:
            row = (author_id, post_id, text, client_mutation_id)
            created = await (
                transaction.fetch_row(SQL.comment_create, *row)
                if parent_id is None
                else transaction.fetch_row(SQL.reply_create, *row, parent_id)
            )
            if created is None:
                post = await transaction.fetch(FEED_SQL.posts_by_ids, author_id, [post_id])
                if post and parent_id is not None:
                    raise not_found("Comment", "parentId")
                raise not_found("Post", "postId")
            comment = comment_from(created)
            await claim.settle(transaction, comment.id)
            return CreatedComment(comment, replayed=False)
    return CreatedComment((await comments_by_ids(database, author_id, [earlier]))[0], replayed=True)


async def comment_delete(
    database: Database, *, viewer_id: int, comment_id: int, client_mutation_id: str | None = None
) -> bool:
    """Deletes a comment, also on a post that a block hides; returns whether it did.

    A comment with replies becomes a tombstone.

    Errors: MutationRefused (NOT_ALLOWED); none for a comment that does not exist or is not visible. Locks: the post's
    row, then the comment's and its ancestors'.
    """
    async with database.transaction() as transaction:
        thread = await transaction.fetch_row(SQL.comment_thread, comment_id)
        if thread is None:
            return False
        await transaction.fetch(SQL.comment_lock, *thread)
        row = (viewer_id, comment_id, client_mutation_id)
        deleted = await transaction.fetch_row(SQL.comment_delete, *row)
    if deleted is not None and not deleted[0]:
        raise refuse(
            ErrorCode.NOT_ALLOWED, "Only its author can delete a comment.", "input", "commentId"
        )
    return deleted is not None


def _post_changed(row: Row | None) -> PostChanged:
    if row is None:
        raise not_found("Post", "postId")
    _, changed, is_visible, *post = row
    return PostChanged(post_from(post) if is_visible else None, changed)


def _comment_changed(row: Row | None) -> CommentChanged:
    if row is None:
        raise not_found("Comment", "commentId")
    _, changed, is_visible, *comment = row
    return CommentChanged(comment_from(comment) if is_visible else None, changed)
