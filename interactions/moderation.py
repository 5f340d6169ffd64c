"""What a moderator does about comments. Each call is to run in a transaction of the caller's."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from core.admin import EVERYTHING_VISIBLE
from core.database.orm import run
from core.database.statements import load_statements
from interactions.models import Comment, CommentLike, PostLike, Share

HERE = Path(__file__).parent
SQL = load_statements(
    HERE / "sql",
    EVERYTHING_VISIBLE,
    HERE.parent / "feed" / "sql",
    HERE.parent / "core" / "accounts" / "sql",
    HERE.parent / "core" / "events" / "sql",
)
ROWS_AT_ONCE = 1_000


def comments_delete(comments: Iterable[Comment]) -> None:
    """Deletes comments in their authors' names, the newest first. Those with replies stay as
    tombstones; of tombstones nothing is left to delete.

    Locks: the post of each, and the comment with those above it.
    """
    for comment in sorted(comments, key=lambda comment: comment.pk, reverse=True):
        thread = run(SQL["comment_thread"], comment.pk)
        if thread and comment.author_id is not None:
            post_id, above = thread[0]
            run(SQL["comment_lock"], post_id, above)
            run(SQL["comment_delete"], comment.author_id, comment.pk, None)


def interactions_of_person_delete(person_id: int) -> None:
    """Takes back every like and share of a person and deletes every comment."""
    _take_back(
        "post_unlike", person_id, PostLike.objects.filter(user_id=person_id).values_list("post_id")
    )
    _take_back(
        "post_unshare", person_id, Share.objects.filter(user_id=person_id).values_list("post_id")
    )
    _take_back(
        "comment_unlike",
        person_id,
        CommentLike.objects.filter(user_id=person_id).values_list("comment_id"),
    )
    comments_delete(Comment.objects.filter(author_id=person_id).only("pk", "author_id"))


def _take_back(statement: str, person_id: int, rows: Iterable[tuple[int]]) -> None:
    keys = sorted(key for (key,) in rows)
    for start in range(0, len(keys), ROWS_AT_ONCE):
        some = keys[start : start + ROWS_AT_ONCE]
        run(SQL[statement], [person_id] * len(some), some, [None] * len(some))
