"""What a moderator does about posts. Each call is to run in a transaction of the caller's."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from core.admin import EVERYTHING_VISIBLE
from core.database.orm import run
from core.database.statements import load_statements
from feed.models import Post

HERE = Path(__file__).parent
SQL = load_statements(
    HERE / "sql",
    EVERYTHING_VISIBLE,
    HERE.parent / "core" / "accounts" / "sql",
    HERE.parent / "core" / "events" / "sql",
)


def posts_delete(posts: Iterable[Post]) -> None:
    """Deletes posts in their authors' names. Likes, comments and shares go with them.

    Locks: the posts in the order of keys, their authors.
    """
    for post in sorted(posts, key=lambda post: post.pk):
        run(SQL["post_delete"], post.author_id, post.pk, None)


def posts_of_person_delete(person_id: int) -> None:
    """Deletes every post of a person."""
    posts_delete(Post.objects.filter(author_id=person_id).only("pk", "author_id"))
