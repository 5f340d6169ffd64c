"""The SQL statements of bulk loads, by name."""

from __future__ import annotations

from core.database.statements import Statements


class DatasetStatements(Statements):
    count_replies: str
    load_comment_likes: str
    load_comments: str
    load_follows: str
    load_post_likes: str
    load_posts: str
    load_shares: str
    load_users: str


SQL = DatasetStatements()
