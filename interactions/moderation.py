"""What a moderator does about comments. Each call is to run in a transaction of the caller's."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from core.admin import EVERYTHING_VISIBLE
from core.database.django_bridge import run
from interactions.models import Comment
from interactions.statements import InteractionStatements

SQL = InteractionStatements(EVERYTHING_VISIBLE)


def comments_delete(comments: Iterable[Comment]) -> None:
    """Deletes comments in their authors' names, the newest first. Those with replies stay as
    tombstones; of tombstones nothing is left to delete.

    Locks: the posts, each with the comments and those above them.
    """
    going = sorted(comments, key=lambda comment: comment.pk, reverse=True)
    threads: defaultdict[int, set[int]] = defaultdict(set)
    for comment in going:
        for post_id, above in run(SQL.comment_thread, comment.pk):
            threads[post_id].update(above)
    for post_id in sorted(threads):
        run(SQL.comment_lock, post_id, list(threads[post_id]))
    for comment in going:
        if comment.author_id is not None:
            run(SQL.comment_delete, comment.author_id, comment.pk, None)
