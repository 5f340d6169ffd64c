"""Deletion of posts by moderators. Call it in a transaction."""

from __future__ import annotations

from collections.abc import Iterable

from core.accounts.moderation import SQL as ACCOUNTS_SQL
from core.admin import EVERYTHING_VISIBLE
from core.database.django_bridge import run
from core.jobs.causes import current_cause
from feed.models import Post
from feed.statements import FeedStatements

SQL = FeedStatements(EVERYTHING_VISIBLE)
POSTS_HOLDER = 1
"""The user id in `_posts_holder.sql`."""


def posts_delete(posts: Iterable[Post]) -> None:
    """Deletes posts as their authors would, with likes, comments and shares.

    Locks: the posts and those that they quote, then the account that large deleted posts are moved to, which may not
    be there yet, and their authors, then the hashtags.
    """
    deleted = list(posts)
    run(SQL.posts_lock, [post.pk for post in deleted])
    run(SQL.posts_holder_lock)
    run(ACCOUNTS_SQL.users_lock, [POSTS_HOLDER, *(post.author_id for post in deleted)])
    run(SQL.hashtags_lock, [post.pk for post in deleted], [])
    for post in deleted:
        run(SQL.post_delete, post.author_id, post.pk, None, current_cause())
