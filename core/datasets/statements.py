"""The SQL statements of bulk loads, by name."""

from __future__ import annotations

from dataclasses import asdict

from core.database.statements import Instances, Statements
from feed.reactions import BOOKMARK, POST_LIKE, SHARE
from interactions.notifications.statements import NotificationStatements


class DatasetStatements(
    Statements,
    uses=[NotificationStatements],
    instances={each.table: asdict(each) for each in (POST_LIKE, SHARE, BOOKMARK)},
):
    count_quotes: str
    count_replies: str
    load_comment_likes: str
    load_comments: str
    load_follow_requests: str
    load_follows: str
    load_notifications: str
    load_pinned_posts: str
    load_post_entities: str
    load_post_reactions: Instances
    load_posts: str
    load_users: str


SQL = DatasetStatements()
