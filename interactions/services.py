"""Writes of comments and reactions.

Reactions set a state: a repetition changes nothing. Those that arrive together share a group commit.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from core.accounts.idempotency import Claim
from core.database.database import Database, Row
from core.database.group_commit import GroupCommits
from core.database.statements import variant_for
from core.errors import ErrorCode, not_found, refuse
from feed.entities import entities_of
from feed.post_visibility import PostVisibility
from feed.reactions import Reaction
from feed.selectors import post_from, posts_by_ids
from feed.services import not_public
from feed.statements import SQL as FEED_SQL
from interactions.comment_rows import CommentRow
from interactions.selectors import comment_from, comments_by_ids
from interactions.statements import SQL


class ReactionChange(NamedTuple):
    """The PostRow or CommentRow as it is now, None if hidden from the viewer, and whether the call changed anything."""

    target: Any
    changed: bool


class CreatedComment(NamedTuple):
    """The new comment, or the one created earlier with the same key, None if that is not visible any more."""

    comment: CommentRow | None
    replayed: bool


async def reaction_create(
    group_commits: GroupCommits,
    reaction: Reaction,
    *,
    viewer_id: int,
    target_id: int,
    client_mutation_id: str | None = None,
) -> ReactionChange:
    """Reacts to a post or comment. Locks: its row.

    Errors: MutationRefused (NOT_FOUND; NOT_ALLOWED for one that the viewer sees and may not react to so).
    """
    statement = SQL.reaction_create[reaction.name]
    row = await group_commits.submit(statement, viewer_id, target_id, client_mutation_id)
    if row is None and reaction.may:
        [post] = await posts_by_ids(group_commits.database, viewer_id, [target_id])
        if post is not None and post.visibility != PostVisibility.PUBLIC:
            raise not_public("postId", "share")
    return _reaction_change(reaction, row, 1)


async def reaction_delete(
    group_commits: GroupCommits,
    reaction: Reaction,
    *,
    viewer_id: int,
    target_id: int,
    client_mutation_id: str | None = None,
) -> ReactionChange:
    """Deletes a reaction, whether or not the post or comment is visible to the viewer.

    Errors: MutationRefused (NOT_FOUND for one neither visible to the viewer nor with a reaction of theirs).
    Locks: its row.
    """
    statement = SQL.reaction_delete[reaction.name]
    row = await group_commits.submit(statement, viewer_id, target_id, client_mutation_id)
    return _reaction_change(reaction, row, -1)


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

    Errors: MutationRefused (NOT_FOUND, IDEMPOTENCY_KEY_REUSED), UNAUTHENTICATED. Locks: the key, new hashtags, the
    post's row, the parent's row.
    """
    claim = Claim(author_id, "createComment", client_mutation_id, (post_id, parent_id, text))
    async with database.transaction() as transaction:
        earlier = await claim.earlier_result(transaction)
        if earlier is None:
            entities = await entities_of(transaction, author_id, text)
            row = (author_id, post_id, text, client_mutation_id, entities)
            created = await (
                transaction.fetch_row(SQL.comment_create, *row)
                if parent_id is None
                else transaction.fetch_row(SQL.reply_create, *row, parent_id)
            )
            if created is None:
                statement = FEED_SQL.posts_by_ids[variant_for(author_id)]
                post = await transaction.fetch(statement, author_id, [post_id])
                if post and parent_id is not None:
                    raise not_found("Comment", "parentId")
                raise not_found("Post", "postId")
            comment = comment_from(created)
            await claim.settle(transaction, comment.id)
            return CreatedComment(comment, replayed=False)
    return CreatedComment((await comments_by_ids(database, author_id, [earlier]))[0], replayed=True)


async def comment_edit(
    database: Database,
    *,
    viewer_id: int,
    comment_id: int,
    text: str,
    client_mutation_id: str | None = None,
) -> CommentRow:
    """Replaces the text of a comment and returns it; a comment that has this text already is not changed.

    Errors: MutationRefused (NOT_FOUND, also on a post that a block hides; NOT_ALLOWED). Locks: new hashtags, the
    comment.
    """
    async with database.transaction() as transaction:
        entities = await entities_of(transaction, viewer_id, text)
        row = (viewer_id, comment_id, text, client_mutation_id, entities)
        edited = await transaction.fetch_row(SQL.comment_edit, *row)
        if edited is None:
            raise not_found("Comment", "commentId")
        is_own, *columns = edited
        if not is_own:
            raise refuse(
                ErrorCode.NOT_ALLOWED, "Only its author can edit a comment.", "input", "commentId"
            )
        return comment_from(columns)


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


def _reaction_change(reaction: Reaction, row: Row | None, sign: int) -> ReactionChange:
    if row is None:
        raise not_found(reaction.target.capitalize(), f"{reaction.target}Id")
    _, _, _, is_visible, *columns, changed, times = row
    if not is_visible:
        return ReactionChange(None, changed)
    target: Any = post_from(columns) if reaction.target == "post" else comment_from(columns)
    if reaction.count in target._fields:
        count = getattr(target, reaction.count) + sign * times
        target = target._replace(**{reaction.count: count})
    return ReactionChange(target, changed)
