"""Deletion of comments by moderators. Call it in a transaction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from core.admin import EVERYTHING_VISIBLE
from core.database.django_bridge import run
from interactions.models import Comment
from interactions.statements import InteractionStatements

SQL = InteractionStatements(EVERYTHING_VISIBLE)


def comments_delete(comments: Iterable[Comment]) -> None:
    """Deletes comments as their authors would, the newest first. Those with replies become tombstones; tombstones are
    skipped.

    Locks: the posts, each with the comments and their ancestors.
    """
    deleted = sorted(comments, key=lambda comment: comment.pk, reverse=True)
    threads: defaultdict[int, set[int]] = defaultdict(set)
    for comment in deleted:
        for post_id, thread in run(SQL.comment_thread, comment.pk):
            threads[post_id].update(thread)
    for post_id in sorted(threads):
        run(SQL.comment_lock, post_id, list(threads[post_id]))
    for comment in deleted:
        if comment.author_id is not None:
            run(SQL.comment_delete, comment.author_id, comment.pk, None)
