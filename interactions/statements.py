"""The SQL statements of comments, likes and shares, by name."""

from __future__ import annotations

from core.database.statements import Statements, Variants
from feed.statements import FeedStatements


class InteractionStatements(Statements, uses=[FeedStatements]):
    comment_create: str
    comment_delete: str
    comment_like: str
    comment_lock: str
    comment_thread: str
    comment_unlike: str
    comments_by_ids: str
    comments_liked: str
    comments_liked_by: str
    comments_of_comments: Variants
    comments_of_posts: Variants
    comments_of_posts_delete: str
    comments_of_posts_lock: str
    likers_of_posts: Variants
    likes_of_comments_delete: str
    likes_of_posts_delete: str
    post_events: str
    post_like: str
    post_share: str
    post_unlike: str
    post_unshare: str
    posts_liked_by: str
    posts_shared_by: str
    reply_create: str
    sharers_of_posts: Variants
    shares_of_posts_delete: str
    threads_of_author: str


SQL = InteractionStatements()
