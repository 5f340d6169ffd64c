"""What a moderator does about posts. Each call is to run in a transaction of the caller's."""

from __future__ import annotations

from collections.abc import Iterable

from core.accounts.moderation import SQL as ACCOUNTS_SQL
from core.admin import EVERYTHING_VISIBLE
from core.database.django_bridge import run
from feed.models import Post
from feed.statements import FeedStatements

SQL = FeedStatements(EVERYTHING_VISIBLE)
POSTS_HOLDER = 1
"""What `_posts_holder.sql` says."""


def posts_delete(posts: Iterable[Post]) -> None:
    """Deletes posts in their authors' names. Likes, comments and shares go with them.

    Locks: the posts, then their authors and the account that posts go to on which much hangs.
    """
    going = list(posts)
    run(SQL.posts_lock, [post.pk for post in going])
    run(ACCOUNTS_SQL.users_lock, [POSTS_HOLDER, *(post.author_id for post in going)])
    for post in going:
        run(SQL.post_delete, post.author_id, post.pk, None)
